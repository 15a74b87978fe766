/** The schema engine's way to PostgreSQL: one connection to the main database, and shadow databases on request. */
import { connect } from './connection.mjs'
import { connectionClosed, describePosition, isFromServer } from './errors.mjs'
import { DriverAdapterError } from './packages.mjs'
import { borrowShadow, createShadow } from './shadow.mjs'
import { RAW_TYPES, toResultSet } from './values.mjs'

const PROVIDER = { provider: 'postgres', adapterName: 'schema-engine-pg' }
const ADVISORY_LOCK = 'SELECT pg_advisory_lock(72707369)' // the engine's own statement, to the letter

/** Makes the engine's connections, and remembers what went wrong on them: the engine loses most of it. */
export class AdapterFactory {
  /** The first script and the last other statement that failed, as `{ script, error }`. */
  failedScript
  failedStatement
  /** What kept a connection from being made, used or cleaned up. */
  connectionFailure
  #main
  #shadows = new Set()

  /**
   * @param {import('./target.mjs').Target} target the main database
   * @param {import('./target.mjs').Target} [shadowTarget] a database that the user has set aside
   */
  constructor(target, shadowTarget) {
    Object.assign(this, PROVIDER)
    this.target = target
    this.shadowTarget = shadowTarget
  }

  /** Forget the failures of an earlier request. */
  forgetFailures() {
    this.failedScript = this.failedStatement = this.connectionFailure = undefined
  }

  async connect() {
    this.#main ??= await this.#remember(connect(this.target))
    return new Adapter(this.#main, this.target.schema, this, () => this.#closeMain())
  }

  async connectToShadowDb() {
    const opening = this.shadowTarget ? borrowShadow(this.shadowTarget, this.target) : createShadow(this.target)
    const shadow = { opening, closing: undefined }
    this.#shadows.add(shadow)
    const { client } = await this.#remember(opening)
    const { schema } = this.shadowTarget ?? this.target
    return new Adapter(client, schema, this, () => this.#closeShadow(shadow))
  }

  /** Close what the engine left open: it does not always dispose of a shadow database. */
  async closeShadows() {
    await Promise.all([...this.#shadows].map((shadow) => this.#closeShadow(shadow)))
  }

  async close() {
    await this.closeShadows()
    await this.#closeMain()
  }

  /** The engine, the end of a request and a signal may all ask for it: it happens once, and everyone waits for it. */
  async #closeShadow(shadow) {
    shadow.closing ??= shadow.opening.then(
      ({ close }) => this.#remember(close()),
      () => {}, // it never opened, and left nothing
    )
    await shadow.closing
    this.#shadows.delete(shadow)
  }

  async #closeMain() {
    await this.#main?.end()
    this.#main = undefined
  }

  async #remember(connecting) {
    try {
      return await connecting
    } catch (error) {
      this.connectionFailure = error
      throw error
    }
  }
}

/** What the engine calls a driver adapter: queries, scripts and transactions on one connection. */
class Adapter {
  constructor(client, schema, factory, dispose) {
    Object.assign(this, PROVIDER)
    this.client = client
    this.schema = schema
    this.factory = factory
    this.dispose = dispose
  }

  getConnectionInfo() {
    return { schemaName: this.schema, supportsRelationJoins: true }
  }

  async queryRaw({ sql, args }) {
    return toResultSet(await this.#run({ text: sql, values: args, rowMode: 'array', types: RAW_TYPES }))
  }

  async executeRaw({ sql, args }) {
    if (sql === ADVISORY_LOCK && process.env.PRISMA_SCHEMA_DISABLE_ADVISORY_LOCK) return 0
    return (await this.#run({ text: sql, values: args })).rowCount ?? 0
  }

  /** Runs the script as it is, in one simple query: PostgreSQL itself finds where its statements end. */
  async executeScript(script) {
    await this.#run({ text: script, isScript: true })
  }

  async startTransaction() {
    await this.#run({ text: 'BEGIN' })
    return new Transaction(this)
  }

  async #run(query) {
    try {
      return await this.client.query(query)
    } catch (error) {
      if (!isFromServer(error)) throw this.#disconnected(query)
      this.#remember(query, error)
      throw toDriverError(error, query)
    }
  }

  #disconnected(query) {
    this.factory.connectionFailure = connectionClosed()
    this.#remember(query, this.factory.connectionFailure)
    return new DriverAdapterError({ kind: 'ConnectionClosed' })
  }

  #remember({ text, isScript }, error) {
    const failure = { script: text, error }
    if (isScript) this.factory.failedScript ??= failure
    else this.factory.failedStatement = failure
  }
}

/** A transaction on its adapter's connection. */
class Transaction {
  options = { usePhantomQuery: true } // COMMIT and ROLLBACK are sent here, not by the engine

  constructor(adapter) {
    Object.assign(this, PROVIDER)
    this.adapter = adapter
  }

  queryRaw(query) {
    return this.adapter.queryRaw(query)
  }

  executeRaw(query) {
    return this.adapter.executeRaw(query)
  }

  async commit() {
    await this.adapter.executeScript('COMMIT')
  }

  async rollback() {
    await this.adapter.executeScript('ROLLBACK')
  }
}

/**
 * The engine understands an SQLSTATE by itself. Of a script's failure it keeps the message alone, in the migrations table among
 * others, so the message says everything.
 */
function toDriverError(error, { text, isScript }) {
  const { code, severity, detail, column, hint, position } = error
  const place = position ? `\n\n${describePosition(text, Number(position))}` : ''
  const message = isScript ? `${error.message} (SQLSTATE ${code})${place}` : error.message
  return new DriverAdapterError({ kind: 'postgres', code, severity, message, detail, column, hint })
}
