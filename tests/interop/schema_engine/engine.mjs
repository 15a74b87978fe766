/** Loads Prisma's schema engine, a WebAssembly module, into this process. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { bindMigrationAwareSqlAdapterFactory, require } from './packages.mjs'

/** The commit of Prisma's engines that this version is built from; the CLI shows it in `prisma version`. */
export function printVersion() {
  const { prisma } = require('@prisma/engines-version/package.json')
  console.log(`schema-engine-cli ${prisma.enginesVersion}`)
}

/**
 * Start an engine whose only way to a database is `factory`.
 *
 * @param {[string, string][]} datamodels path and text of each schema file
 * @param {object} factory see adapter.mjs
 * @param {(line: string) => void} log takes the engine's JSON log lines
 */
export async function startEngine(datamodels, factory, log) {
  const { SchemaEngine } = await loadModule()
  const options = { datamodels: datamodels.length ? datamodels : undefined } // an empty list makes it panic
  return SchemaEngine.new(options, log, bindMigrationAwareSqlAdapterFactory(factory))
}

/** Keeps the words of the last panic: the module traps right after it has set them. */
export const panic = { message: undefined }

let loading

function loadModule() {
  loading ??= instantiate()
  return loading
}

async function instantiate() {
  // The command line carries the module without its glue code, whose package is not published with every release.
  const glue = await import(pathToFileURL(require.resolve('@prisma/schema-engine-wasm/schema_engine_bg')))
  const bytes = readFileSync(join(dirname(require.resolve('prisma/build/index.js')), 'schema_engine_bg.wasm'))
  const { instance } = await WebAssembly.instantiate(bytes, { './schema_engine_bg.js': glue })
  globalThis.PRISMA_WASM_PANIC_REGISTRY = { set_message: (message) => (panic.message = message) }
  glue.__wbg_set_wasm(instance.exports)
  instance.exports.__wbindgen_start()
  return glue
}
