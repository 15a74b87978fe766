/** What stands between a command and the loss of a database. */
import { PrismaError } from './errors.mjs'
import { isLocal } from './target.mjs'

/** Names the host whose database may be erased although it is not local. */
const CONSENT = 'PRISMA_ALLOW_REMOTE_RESET'

/** Refuse to erase a database on another machine, unless the user has named that machine. */
export function assertMayErase(target) {
  if (isLocal(target) || process.env[CONSENT] === target.host) return
  throw new PrismaError(
    undefined,
    `Refused to erase the database \`${target.database}\`: the server \`${target.host}\` is not on this machine. ` +
      `If all data in it may be lost, set ${CONSENT}=${target.host} and run the command again.`,
  )
}
