// Prisma's own TypeScript runtime as a program: a request of the JSON protocol a line in, its outcome a line out.
// Usage: node oracle.mjs <schema file> <database URL>
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { PrismaPg } from '@prisma/adapter-pg'
import { noopTracingHelper, QueryInterpreter, safeJsonStringify, TransactionManager } from '@prisma/client-engine-runtime'

const [schemaFile, url] = process.argv.slice(2)
const datamodel = await readFile(schemaFile, 'utf8')
const build = dirname(createRequire(import.meta.url).resolve('prisma/build/index.js'))
const glue = await import(pathToFileURL(join(build, 'query_compiler_fast_bg.postgresql.mjs')))
const compilerModule = await WebAssembly.compile(await readFile(join(build, 'query_compiler_fast_bg.postgresql.wasm')))
const driverAdapter = await new PrismaPg({ connectionString: url, max: 4 }).connect()
const tracingHelper = noopTracingHelper
const provider = 'postgres'
const manager = new TransactionManager({ driverAdapter, tracingHelper, transactionOptions: {}, provider })
const connectionInfo = driverAdapter.getConnectionInfo()
const interpreter = QueryInterpreter.forSql({ tracingHelper, provider, connectionInfo })

function startCompiler() {
  const { exports } = new WebAssembly.Instance(compilerModule, { './query_compiler_fast_bg.js': glue })
  glue.__wbg_set_wasm(exports)
  exports.__wbindgen_start()
  return new glue.QueryCompiler({ datamodel, provider, connectionInfo })
}

let compiler = startCompiler()

async function answer(request) {
  try {
    const plan = compiler.compile(request)
    const transactionManager = { enabled: true, manager }
    return { result: await interpreter.run(plan, { queryable: driverAdapter, transactionManager, scope: {} }) }
  } catch (error) {
    // A compiler that has panicked is not to be used again.
    if (error instanceof WebAssembly.RuntimeError) compiler = startCompiler()
    return { error: { code: error.code ?? null, message: error.message, meta: error.meta ?? {} } }
  }
}

for await (const request of createInterface({ input: process.stdin })) {
  process.stdout.write(`${safeJsonStringify(await answer(request))}\n`)
}
await driverAdapter.dispose()
