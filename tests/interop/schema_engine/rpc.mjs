/** JSON-RPC 2.0, one object a line, between the Prisma CLI and the schema engine. */
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

import { AdapterFactory } from './adapter.mjs'
import { createDatabase } from './cli.mjs'
import { hideUrls } from './datasource.mjs'
import { panic, startEngine } from './engine.mjs'
import { PrismaError, describeFailure, migrationFailed } from './errors.mjs'
import { assertMayErase } from './guard.mjs'
import { OfflineFactory } from './offline.mjs'
import { parseTarget } from './target.mjs'

/** Method of the CLI -> method of the engine. */
const ENGINE_METHODS = {
  applyMigrations: 'applyMigrations',
  createMigration: 'createMigration',
  dbExecute: 'dbExecute',
  debugPanic: 'debugPanic',
  devDiagnostic: 'devDiagnostic',
  diagnoseMigrationHistory: 'diagnoseMigrationHistory',
  diff: 'diff',
  ensureConnectionValidity: 'ensureConnectionValidity',
  evaluateDataLoss: 'evaluateDataLoss',
  getDatabaseVersion: 'version',
  introspect: 'introspect',
  introspectSql: 'introspectSql',
  markMigrationApplied: 'markMigrationApplied',
  markMigrationRolledBack: 'markMigrationRolledBack',
  reset: 'reset',
  schemaPush: 'schemaPush',
}

/** These need the schema that the migrations lead to, and the engine asks its cache for it only. */
const NEED_MIGRATED_SCHEMA = new Set(['createMigration', 'evaluateDataLoss'])

const UNKNOWN_METHOD = -32601
const PARSE_ERROR = -32700
const USER_ERROR = 4466 // the native engine's code for everything else
const PANIC_STATUS = 101

/** Answer the CLI's requests, one after the other, until it closes stdin. */
export async function serve({ datasource, schemaFiles }) {
  const session = new Session(datasource, schemaFiles)
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => session.close().finally(() => process.exit()))
  for await (const line of createInterface({ input: process.stdin })) {
    for (const message of await session.answer(line)) process.stdout.write(`${JSON.stringify(message)}\n`)
    if (session.panicked) break
  }
  // A timer of the engine's, for its lock, would hold the process for 10 s more.
  session.close().finally(() => process.exit(session.panicked ? PANIC_STATUS : 0))
}

/** The engines of one CLI run, by the URL that they work on. */
class Session {
  panicked = false
  #running = new Map()
  #datasource
  #datamodels
  #trapped

  constructor(datasource, schemaFiles) {
    this.#datasource = datasource
    this.#datamodels = schemaFiles.map((path) => [path, hideUrls(readFileSync(path, 'utf8'))])
    // The module traps outside of any promise, and leaves the one that waits for it unsettled.
    this.#trapped = new Promise((_resolve, reject) => process.on('uncaughtException', reject))
    this.#trapped.catch(() => (this.panicked = true))
  }

  /** Turn the line of a request into what goes back: the response last. */
  async answer(line) {
    let id = null
    try {
      const { id: requestId, method, params } = JSON.parse(line)
      if (method === undefined) return [] // the CLI's answer to a `print`
      id = requestId
      const result = (await Promise.race([this.#call(method, params), this.#trapped])) ?? {}
      return [...printed(method, result, id), { jsonrpc: '2.0', id, result }]
    } catch (error) {
      this.panicked ||= error instanceof WebAssembly.RuntimeError
      return [{ jsonrpc: '2.0', id, error: toRpcError(error, this.panicked) }]
    }
  }

  /** Leave no connection and no shadow database behind. */
  async close() {
    await Promise.all([...this.#running.values()].map(({ factory }) => factory.close()))
  }

  async #call(method, params) {
    if (method === 'createDatabase') return this.#createDatabase(params)
    if (!Object.hasOwn(ENGINE_METHODS, method)) throw new UnknownMethodError(method)
    if (method === 'reset') assertMayErase(parseTarget(this.#datasource.url))
    const running = this.#runningFor(method, params)
    try {
      const result = await running.call(method, params)
      await running.factory.closeShadows()
      return result
    } catch (error) {
      await running.factory.closeShadows().catch(() => {}) // the first error is the one to tell
      throw error
    }
  }

  async #createDatabase({ datasource }) {
    const target = parseTarget(datasource.url ?? this.#datasource.url)
    await createDatabase(target)
    return { databaseName: target.database }
  }

  #runningFor(method, params) {
    const url = isOffline(method, params)
      ? OFFLINE
      : (params?.datasourceType?.url ?? params?.datasource?.url ?? this.#datasource.url)
    if (!this.#running.has(url)) this.#running.set(url, new RunningEngine(this.#datamodels, this.#factoryFor(url)))
    return this.#running.get(url)
  }

  #factoryFor(url) {
    if (url === OFFLINE) return new OfflineFactory()
    const { shadowDatabaseUrl } = this.#datasource
    return new AdapterFactory(parseTarget(url), shadowDatabaseUrl && parseTarget(shadowDatabaseUrl))
  }
}

/** One engine and the database it works on. */
class RunningEngine {
  #datamodels
  #engine
  #migration
  #cached

  constructor(datamodels, factory) {
    this.#datamodels = datamodels
    this.factory = factory
  }

  /** Call a method of the engine; its errors get back what it lost of them. */
  async call(method, params) {
    this.#migration = undefined
    this.factory.forgetFailures()
    try {
      this.#engine ??= await startEngine(this.#datamodels, this.factory, (line) => this.#log(line))
      if (NEED_MIGRATED_SCHEMA.has(method)) await this.#fillCache(params)
      return await this.#engine[ENGINE_METHODS[method]](params)
    } catch (error) {
      throw this.#explain(method, error)
    }
  }

  /** Works around an omission: only the diagnosis hands the engine's cache a way to a shadow database. */
  async #fillCache({ migrationsList, filters }) {
    const key = JSON.stringify(migrationsList.migrationDirectories)
    if (key === this.#cached) return
    await this.#engine.diagnoseMigrationHistory({ migrationsList, filters, optInToShadowDatabase: true })
    this.#cached = key
  }

  #log(line) {
    const { span } = JSON.parse(line)
    if (span?.migration_name) this.#migration = span.migration_name
    process.stderr.write(`${line.trim()}\n`)
  }

  #explain(method, error) {
    const { connectionFailure, failedScript, failedStatement } = this.factory
    if (method === 'applyMigrations' && failedScript && this.#migration) return migrationFailed(this.#migration, failedScript)
    if (connectionFailure) return connectionFailure
    if (method === 'dbExecute' && failedStatement) {
      return new PrismaError(error.code, describeFailure(failedStatement.error, failedStatement.script))
    }
    return error
  }
}

class UnknownMethodError extends Error {
  constructor(method) {
    super(`Method not found: ${method}`)
  }
}

/** The CLI shows a difference only when it is told to, by a request of our own. */
const printed = (method, { stdout }, id) =>
  method === 'diff' && stdout ? [{ jsonrpc: '2.0', id: `print-${id}`, method: 'print', params: { content: stdout } }] : []

const OFFLINE = Symbol('needs no database')

/** Whether a diff compares schema files only; it then works without a server, as with the native engine. */
const isOffline = (method, params) =>
  method === 'diff' && [params.from, params.to].every(({ tag }) => tag === 'empty' || tag === 'schemaDatamodel')

function toRpcError(error, isPanic) {
  if (error instanceof SyntaxError) return { code: PARSE_ERROR, message: error.message }
  if (error instanceof UnknownMethodError) return { code: UNKNOWN_METHOD, message: error.message }
  const message = isPanic ? (panic.message ?? error.message) : error.message
  return {
    code: USER_ERROR,
    message: isPanic ? message : 'An error happened. Check the data field for details.', // the CLI shows it after a panic
    data: { is_panic: isPanic, message, error_code: error.code ?? null, meta: error.meta ?? {} },
  }
}
