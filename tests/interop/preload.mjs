/** Loaded before the Prisma CLI: it reads schemas without their URLs, and writes them back with them. */
import fs from 'node:fs'
import { resolve } from 'node:path'

import { declaredUrls, hideUrls, showUrls } from './schema_engine/datasource.mjs'

const asRead = new Map()
const isSchema = (path) => typeof path === 'string' && path.endsWith('.prisma')

const { readFile } = fs
fs.readFile = (path, ...rest) => {
  if (!isSchema(path)) return readFile(path, ...rest)
  const done = rest.pop()
  return readFile(path, ...rest, (error, text) => (error ? done(error) : done(null, withoutUrls(path, text))))
}

const { writeFile, writeFileSync } = fs
const promised = fs.promises.writeFile
fs.writeFile = (path, text, ...rest) => writeFile(path, withUrls(path, text), ...rest)
fs.writeFileSync = (path, text, ...rest) => writeFileSync(path, withUrls(path, text), ...rest)
fs.promises.writeFile = (path, text, ...rest) => promised(path, withUrls(path, text), ...rest)

function withoutUrls(path, text) {
  if (typeof text !== 'string') return text
  asRead.set(resolve(path), text)
  const { url } = declaredUrls(text)
  if (url) process.env.PRISMA_ENGINE_URL = JSON.stringify(url) // for the generator, which is started later
  return hideUrls(text)
}

const withUrls = (path, text) =>
  isSchema(path) && typeof text === 'string' ? showUrls(text, asRead.get(resolve(path)) ?? '') : text
