/** The commands `cli can-connect-to-database`, `cli create-database` and `cli drop-database`. */
import { connect, withConnection } from './connection.mjs'
import { PrismaError, databaseExists } from './errors.mjs'
import { assertMayErase } from './guard.mjs'
import { pg } from './packages.mjs'
import { dropDatabase } from './shadow.mjs'
import { parseTarget, withDatabase } from './target.mjs'

const COMMANDS = {
  'can-connect-to-database': async (target) => (await connect(target)).end(),
  'create-database': createDatabase,
  'drop-database': async (target) => {
    assertMayErase(target)
    await onServer(target, (admin) => dropDatabase(admin, target.database))
  },
}

const DUPLICATE_DATABASE = '42P04'

/** Create the database that the URL names. */
export async function createDatabase(target) {
  try {
    await onServer(target, (admin) => admin.query(`CREATE DATABASE ${pg.escapeIdentifier(target.database)}`))
  } catch (error) {
    throw error.code === DUPLICATE_DATABASE ? databaseExists(target) : error
  }
}

/** Run one command; the exit status and one JSON line on stderr say how it went. */
export async function runCommand(name, datasource) {
  log('INFO', { message: `schema-engine cli ${name}` }) // the CLI throws the first line of stderr away
  try {
    const command = COMMANDS[name]
    if (!command) throw new PrismaError(undefined, `unknown command: ${name}`)
    await command(parseTarget(datasource.url))
  } catch (error) {
    log('ERROR', { is_panic: false, error_code: error.code, message: error.message, meta: error.meta ?? {} })
    process.exitCode = 1
  }
}

/** Every server has one of these, and nobody creates or drops them. */
const MAINTENANCE_DATABASES = ['postgres', 'template1']

async function onServer(target, work) {
  const [first, second] = MAINTENANCE_DATABASES.filter((name) => name !== target.database)
  try {
    return await withConnection(withDatabase(target, first), work)
  } catch (error) {
    if (error.code !== 'P1003' || !second) throw error
    return withConnection(withDatabase(target, second), work)
  }
}

function log(level, fields) {
  console.error(JSON.stringify({ timestamp: new Date().toISOString(), level, fields, target: 'schema_engine::logger' }))
}
