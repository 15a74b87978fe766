/** One PostgreSQL connection: opening it as Prisma's URL says, and the settings that every session gets. */
import { connectionError } from './errors.mjs'
import { pg } from './packages.mjs'

/**
 * Open a connection whose session speaks UTC and ISO dates and sees the URL's schema.
 *
 * @param {import('./target.mjs').Target} target
 * @returns {Promise<pg.Client>} throws PrismaError
 */
export async function connect(target) {
  try {
    const client = await openWithTls(target)
    await client.query(`SET TIME ZONE 'UTC'; SET DateStyle TO 'ISO'; SET search_path TO ${pg.escapeIdentifier(target.schema)}`)
    return client
  } catch (error) {
    throw connectionError(error, target)
  }
}

/** Run something on a connection of its own. */
export async function withConnection(target, work) {
  const client = await connect(target)
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

async function openWithTls(target) {
  if (target.tlsMode === 'disable') return open(target, false)
  try {
    return await open(target, target.tls)
  } catch (error) {
    // Only the refusal of TLS has no code: neither an SQLSTATE nor one of Node's.
    if (target.tlsMode === 'prefer' && error.code === undefined) return open(target, false)
    throw error
  }
}

async function open(target, ssl) {
  const client = new pg.Client({ ...target.config, host: target.host, user: target.user, database: target.database, ssl })
  client.on('error', () => {}) // a broken connection is reported by the query that needs it
  const timer = target.connectTimeout && setTimeout(() => giveUp(client), target.connectTimeout)
  try {
    await client.connect()
    return client
  } catch (error) {
    client.end().catch(() => {})
    throw error
  } finally {
    clearTimeout(timer)
  }
}

function giveUp(client) {
  client.connection.stream.destroy(Object.assign(new Error('timed out'), { code: 'ETIMEDOUT' }))
}
