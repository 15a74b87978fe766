/** The configuration of a project that has none: its schema, with the URLs that stand in it or in the environment. */
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

import { declaredUrls, resolveUrl } from '../schema_engine/datasource.mjs'

const NEED_A_DATABASE = new Set(['migrate', 'db', 'studio'])

const schema = process.env.PRISMA_ENGINE_SCHEMA
const { url, directUrl, shadowDatabaseUrl } = declaredUrls(textOf(schema))
const variable = url?.fromEnvVar ?? 'DATABASE_URL'
const main = url ? resolveUrl(url) : process.env.DATABASE_URL

if (!main && NEED_A_DATABASE.has(process.argv[2])) {
  console.error(`Environment variable not found: ${variable}. Set it to the database's URL, in the environment or in .env.`)
}

export default {
  schema,
  datasource: {
    url: resolveUrl(directUrl) ?? main,
    shadowDatabaseUrl: resolveUrl(shadowDatabaseUrl) ?? process.env.SHADOW_DATABASE_URL,
  },
}

function textOf(path) {
  const status = statSync(path, { throwIfNoEntry: false })
  if (!status) return '' // the CLI says so where it matters
  if (!status.isDirectory()) return readFileSync(path, 'utf8')
  const files = readdirSync(path, { recursive: true }).filter((name) => name.endsWith('.prisma'))
  return files.map((name) => readFileSync(join(path, name), 'utf8')).join('\n')
}
