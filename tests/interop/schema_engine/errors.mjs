/** Prisma's error codes and texts for what PostgreSQL, the network and TLS report. Passwords never come in here. */

/** An error that the CLI shows to the user, with Prisma's code. */
export class PrismaError extends Error {
  constructor(code, message, meta = {}) {
    super(message)
    this.code = code
    this.meta = meta
  }
}

const authenticationFailed = (target) =>
  new PrismaError(
    'P1000',
    `Authentication failed against database server, the provided database credentials for \`${target.user}\` are not valid.\n\n` +
      'Please make sure to provide valid database credentials for the database server at the configured address.',
    { database_user: target.user },
  )

const unreachable = (target) =>
  new PrismaError(
    'P1001',
    `Can't reach database server at \`${target.location}\`\n\n` +
      `Please make sure your database server is running at \`${target.location}\`.`,
    { database_location: target.location },
  )

const noSuchDatabase = (target) =>
  new PrismaError('P1003', `Database \`${target.database}\` does not exist`, { database_name: target.database })

const accessDenied = (target) =>
  new PrismaError('P1010', `User was denied access on the database \`${target.database}\``, {
    database_name: target.database,
  })

const tooManyConnections = (_target, error) =>
  new PrismaError('P2037', `Too many database connections opened: ${error.message}`, { message: error.message })

const tlsFailed = (_target, error) =>
  new PrismaError('P1011', `Error opening a TLS connection: ${error.message}`, { message: error.message })

/** The connection broke while it was in use. */
export const connectionClosed = () => new PrismaError('P1017', 'Server has closed the connection.')

/** The connection string cannot be used. */
export const invalidUrl = (reason) =>
  new PrismaError('P1013', `The provided database string is invalid. ${reason}`, { details: reason })

/** The database to create is there already. */
export const databaseExists = (target) =>
  new PrismaError('P1009', `Database \`${target.database}\` already exists on the database server`, {
    database_name: target.database,
  })

/** The shadow database could not be created. */
export const shadowNotCreated = (error) =>
  new PrismaError(
    'P3014',
    'Prisma Migrate could not create the shadow database. ' +
      'Please make sure the database user has permission to create databases. ' +
      'Read more about the shadow database (and workarounds) at https://pris.ly/d/migrate-shadow\n\n' +
      `Original error: ${error.message}`,
  )

/** A migration's script failed: says which one, and everything that PostgreSQL said about it. */
export function migrationFailed(migration, { script, error }) {
  const code = error.code ?? 'none'
  const words = describeFailure(error, script)
  return new PrismaError(
    'P3018',
    'A migration failed to apply. New migrations cannot be applied before the error is recovered from. ' +
      'Read more about how to resolve migration issues in a production database: https://pris.ly/d/migrate-resolve\n\n' +
      `Migration name: ${migration}\n\nDatabase error code: ${code}\n\nDatabase error:\n${words}\n`,
    { migration_name: migration, database_error_code: code, database_error: words },
  )
}

/** SQLSTATE or Node's error code -> the error of a failed connection. */
const CONNECTION_ERRORS = {
  '28P01': authenticationFailed,
  28000: accessDenied,
  42501: accessDenied,
  '3D000': noSuchDatabase,
  53300: tooManyConnections,
  '57P03': unreachable, // the server starts up, shuts down or recovers
  EACCES: unreachable,
  EAI_AGAIN: unreachable,
  ECONNREFUSED: unreachable,
  ECONNRESET: connectionClosed,
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  ENOENT: unreachable, // no such socket
  ENOTFOUND: unreachable,
  EPIPE: connectionClosed,
  ETIMEDOUT: unreachable,
}

/** Turn what a connection attempt threw into Prisma's error. */
export function connectionError(error, target) {
  if (error instanceof PrismaError) return error
  const known = CONNECTION_ERRORS[error.code]
  if (known) return known(target, error)
  if (isFromServer(error)) return new PrismaError(undefined, describeFailure(error))
  return target.tls ? tlsFailed(target, error) : connectionClosed()
}

/** Whether PostgreSQL itself reported the error (it then has a severity and an SQLSTATE). */
export const isFromServer = (error) => error.severity !== undefined

/** PostgreSQL's whole report on a failed script: message, detail, hint, context and the place in the script. */
export function describeFailure(error, script) {
  const lines = [isFromServer(error) ? `${error.severity}: ${error.message}` : error.message]
  if (error.detail) lines.push(`DETAIL: ${error.detail}`)
  if (error.hint) lines.push(`HINT: ${error.hint}`)
  if (error.where) lines.push(`CONTEXT: ${error.where}`)
  if (script && error.position) lines.push('', describePosition(script, Number(error.position)))
  return lines.join('\n')
}

const LINES_BEFORE = 3

/** Show the lines up to a position, with a mark below it. PostgreSQL counts characters from 1, not UTF-16 units. */
export function describePosition(script, position) {
  const before = Array.from(script).slice(0, position - 1).join('').split('\n')
  const line = before.length
  const column = Array.from(before.at(-1)).length + 1
  const number = (n) => String(n).padStart(4)
  const shown = script.split('\n').slice(Math.max(0, line - 1 - LINES_BEFORE), line)
  return [
    `Position: line ${line}, column ${column}`,
    ...shown.map((text, index) => `${number(line - shown.length + index + 1)} | ${text}`),
    `${number('')} | ${' '.repeat(column - 1)}^`,
  ].join('\n')
}
