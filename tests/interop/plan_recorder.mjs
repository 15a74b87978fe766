// Prisma's own compiler and TypeScript runtime as a program: a request a line in, what they made of it a line out.
// A request has `schema`, `connectionInfo`, `query` and `scope`; with `url` its plan is run, and statements are recorded.
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { PrismaPg } from '@prisma/adapter-pg'
import { noopTracingHelper, QueryInterpreter, safeJsonStringify, TransactionManager } from '@prisma/client-engine-runtime'

const build = dirname(createRequire(import.meta.url).resolve('prisma/build/index.js'))
const glue = await import(pathToFileURL(join(build, 'query_compiler_small_bg.postgresql.mjs')))
const bytes = await readFile(join(build, 'query_compiler_small_bg.postgresql.wasm'))
const { instance } = await WebAssembly.instantiate(bytes, { './query_compiler_small_bg.js': glue })
glue.__wbg_set_wasm(instance.exports)
instance.exports.__wbindgen_start()

const provider = 'postgres'
const tracingHelper = noopTracingHelper

/** The value as it is now, as JSON: the runtime changes rows where they are. */
const kept = (value) => JSON.parse(JSON.stringify(value, (_name, item) => withBytes(item)))

function withBytes(item) {
  if (item?.type === 'Buffer') return { $bytes: Buffer.from(item.data).toString('base64') }
  return item instanceof Uint8Array ? { $bytes: Buffer.from(item).toString('base64') } : item
}

/** A connection that notes each statement when it is sent, and its answer when that comes. */
function noting(connection, trace) {
  const noted = (sql, args) => trace[trace.push({ sql, ...(args && { args: kept(args) }) }) - 1]
  return {
    provider: connection.provider,
    adapterName: connection.adapterName,
    options: connection.options,
    async queryRaw(query) {
      const entry = noted(query.sql, query.args)
      const answer = await connection.queryRaw(query)
      Object.assign(entry, { columns: answer.columnNames, rows: kept(answer.rows) })
      return answer
    },
    async executeRaw(query) {
      const entry = noted(query.sql, query.args)
      return (entry.affected = await connection.executeRaw(query))
    },
    async startTransaction(isolation) {
      noted('BEGIN')
      return noting(await connection.startTransaction(isolation), trace)
    },
    commit: () => connection.commit(),
    rollback: () => connection.rollback(),
    getConnectionInfo: () => connection.getConnectionInfo(),
  }
}

async function run(plan, { url, connectionInfo, scope }) {
  const adapter = await new PrismaPg({ connectionString: url, max: 1 }).connect()
  const trace = []
  const driverAdapter = noting(adapter, trace)
  const manager = new TransactionManager({ driverAdapter, tracingHelper, transactionOptions: {}, provider })
  const interpreter = QueryInterpreter.forSql({ tracingHelper, provider, connectionInfo })
  const transactionManager = { enabled: true, manager }
  try {
    return { result: await interpreter.run(plan, { queryable: driverAdapter, transactionManager, scope: scope ?? {} }), trace }
  } catch (error) {
    return { error: { code: error.code ?? null, message: error.message, meta: error.meta ?? {} }, trace }
  } finally {
    await adapter.dispose()
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line)
  const { schema: datamodel, connectionInfo, query, url } = request
  const plan = new glue.QueryCompiler({ datamodel, provider, connectionInfo }).compile(JSON.stringify(query))
  const recorded = JSON.parse(JSON.stringify(plan)) // the runtime is not to be trusted with the one that is kept
  process.stdout.write(`${safeJsonStringify({ plan: recorded, ...(url && (await run(plan, request))) })}\n`)
}
