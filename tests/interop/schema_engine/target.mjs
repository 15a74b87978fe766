/** A DATABASE_URL with Prisma's parameters, read into what a connection needs. */
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'

import { invalidUrl } from './errors.mjs'

const DEFAULT_PORT = 5432
const DEFAULT_CONNECT_TIMEOUT = 5 // seconds; Prisma's own

/**
 * Where and as whom to connect; the password is in `config` only.
 *
 * @typedef {object} Target
 * @property {string} host name, address, or the folder of a Unix socket
 * @property {string} location host and port, as Prisma's messages show them
 * @property {string} user
 * @property {string} database
 * @property {string} schema the schema that the tables are in
 * @property {number} connectTimeout milliseconds, 0 for none
 * @property {'disable' | 'prefer' | 'require'} tlsMode
 * @property {object | false} tls options for Node's TLS
 * @property {object} config the rest of what `pg` needs
 */

/**
 * Read a connection string.
 *
 * @param {string | undefined} text
 * @returns {Target} with Prisma's defaults filled in; throws P1013 without showing the text
 */
export function parseTarget(text) {
  const { url, user, password, path } = readUrl(text)
  const parameter = (name) => url.searchParams.get(name) ?? undefined
  const host = parameter('host') ?? (decodeURIComponent(url.hostname).replace(/^\[|\]$/g, '') || 'localhost')
  const port = Number(url.port || DEFAULT_PORT)
  const tlsMode = readTlsMode(host, parameter('sslmode'))
  return {
    host,
    location: `${host}:${port}`,
    user,
    database: path || 'postgres',
    schema: parameter('schema') || 'public',
    connectTimeout: 1000 * readSeconds(parameter('connect_timeout') ?? DEFAULT_CONNECT_TIMEOUT),
    tlsMode,
    tls: tlsMode !== 'disable' && readTls(parameter),
    config: { port, password, options: parameter('options'), application_name: parameter('application_name') },
  }
}

/** The same server and user, another database. */
export const withDatabase = (target, database) => ({ ...target, database })

/** Whether the server is on this machine: loopback or a Unix socket. */
export function isLocal({ host }) {
  if (isIP(host) === 4) return host.startsWith('127.')
  return host === 'localhost' || host === '::1' || host.startsWith('/')
}

function readUrl(text) {
  if (!text) throw invalidUrl('It is empty: set DATABASE_URL, in the environment or in .env.')
  if (!/^postgres(ql)?:\/\//.test(text)) {
    throw invalidUrl('It must begin with `postgresql://` or `postgres://`.')
  }
  try {
    const url = new URL(text)
    const [user, password, path] = [url.username, url.password, url.pathname.slice(1)].map(decodeURIComponent)
    return { url, user: user || undefined, password: password || undefined, path }
  } catch {
    // The parser's error holds the text, and with it the password.
    throw invalidUrl('Special characters in the user name and password must be percent-encoded: %40 for @, %23 for #, %2F for /.')
  }
}

function readSeconds(text) {
  const seconds = Number(text)
  if (seconds >= 0) return seconds
  throw invalidUrl(`connect_timeout=${text} is no number of seconds.`)
}

const TLS_MODES = {
  disable: 'disable',
  allow: 'prefer',
  prefer: 'prefer',
  require: 'require',
  'verify-ca': 'require',
  'verify-full': 'require',
}

function readTlsMode(host, mode = 'prefer') {
  if (host.startsWith('/')) return 'disable'
  if (!(mode in TLS_MODES)) throw invalidUrl(`sslmode=${mode} is none of ${Object.keys(TLS_MODES).join(', ')}.`)
  return TLS_MODES[mode]
}

/** Certificates are checked where the URL asks for it, as Prisma does: by sslmode=verify-… or sslaccept=strict. */
function readTls(parameter) {
  const mode = parameter('sslmode')
  const authority = parameter('sslrootcert') ?? parameter('sslcert')
  const identity = parameter('sslidentity')
  return {
    rejectUnauthorized: mode === 'verify-ca' || mode === 'verify-full' || parameter('sslaccept') === 'strict',
    ...(mode === 'verify-ca' && { checkServerIdentity: () => undefined }),
    ...(authority && { ca: readFile(authority) }),
    ...(identity && { pfx: readFile(identity), passphrase: parameter('sslpassword') }),
  }
}

function readFile(path) {
  try {
    return readFileSync(path)
  } catch (error) {
    throw invalidUrl(`The file ${path} cannot be read (${error.code}).`)
  }
}
