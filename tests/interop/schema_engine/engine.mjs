/** Loads Prisma's schema engine, a WebAssembly module, into this process. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { bindMigrationAwareSqlAdapterFactory, require } from './packages.mjs'

/** The commit of Prisma's engines that this version is built from; the CLI shows it in `prisma version`. */
export function printVersion() {
  const folder = dirname(require.resolve('@prisma/schema-engine-wasm/schema_engine_bg'))
  const { version } = require(join(folder, 'package.json'))
  console.log(`schema-engine-cli ${version.split('.').at(-1)}`)
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
  // The package exports its glue code only; the module lies beside it.
  const gluePath = require.resolve('@prisma/schema-engine-wasm/schema_engine_bg')
  const glue = await import(pathToFileURL(gluePath))
  const bytes = readFileSync(gluePath.replace(/\.js$/, '.wasm'))
  const { instance } = await WebAssembly.instantiate(bytes, { './schema_engine_bg.js': glue })
  globalThis.PRISMA_WASM_PANIC_REGISTRY = { set_message: (message) => (panic.message = message) }
  glue.__wbg_set_wasm(instance.exports)
  instance.exports.__wbindgen_start()
  return glue
}
