/** The configuration of a folder that has none: its schema, with the URLs that stand in it or in the environment. */
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

import { declaredUrls, resolveUrl } from './schema_engine/datasource.mjs'

const PLACES = ['schema.prisma', join('prisma', 'schema.prisma')]

const { values } = parseArgs({ strict: false, options: { schema: { type: 'string' } } })
const schema = resolve(values.schema ?? PLACES.find(existsSync) ?? PLACES[1])

for (const folder of ['.', dirname(schema), 'prisma']) {
  const dotenv = join(folder, '.env')
  if (existsSync(dotenv)) process.loadEnvFile(dotenv) // what the environment has already, stays
}

const { url, directUrl, shadowDatabaseUrl } = declaredUrls(textOf(schema))

export default {
  schema,
  datasource: {
    url: resolveUrl(directUrl) ?? (url ? resolveUrl(url) : process.env.DATABASE_URL),
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
