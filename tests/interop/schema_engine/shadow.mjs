/** Shadow databases: made or emptied for one use, and gone or empty again after it. */
import { randomUUID } from 'node:crypto'

import { connect, withConnection } from './connection.mjs'
import { PrismaError, isFromServer, shadowNotCreated } from './errors.mjs'
import { assertMayErase } from './guard.mjs'
import { pg } from './packages.mjs'
import { withDatabase } from './target.mjs'

/**
 * An open shadow database.
 *
 * @typedef {object} Shadow
 * @property {pg.Client} client
 * @property {() => Promise<void>} close closes the connection, then removes the database or its contents
 */

/** Create a database of a name of its own on the main server. @returns {Promise<Shadow>} */
export async function createShadow(main) {
  const name = `prisma_migrate_shadow_db_${randomUUID()}`
  await withConnection(main, (admin) => admin.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`)).catch((error) => {
    throw isFromServer(error) ? shadowNotCreated(error) : error
  })
  // Closed first: a connection to the database would keep it from being dropped.
  const drop = () => withConnection(main, (admin) => dropDatabase(admin, name))
  try {
    const client = await connect(withDatabase(main, name))
    return { client, close: () => client.end().then(drop) }
  } catch (error) {
    await drop()
    throw error
  }
}

/**
 * Use the database that the user set aside, once it is known to be neither the main one nor in use.
 *
 * @returns {Promise<Shadow>}
 */
export async function borrowShadow(shadow, main) {
  const client = await connect(shadow)
  try {
    await assertNotMain(client, main)
    await assertExpendable(client, shadow)
    await empty(client)
  } catch (error) {
    await client.end()
    throw error
  }
  return { client, close: () => empty(client).finally(() => client.end()) }
}

/** Drop a database, whoever is connected to it. */
export const dropDatabase = (admin, name) =>
  admin.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)} WITH (FORCE)`)

/** The cluster's identity and the database: the same for every name and address that leads to it. */
const IDENTITY = 'SELECT system_identifier::text, current_database() FROM pg_control_system()'

async function assertNotMain(client, main) {
  const [one, other] = await Promise.all([identify(client), withConnection(main, identify)])
  if (one === other) {
    throw new PrismaError(
      undefined,
      'The shadow database you configured appears to be the same as the main database. Please specify another shadow database.',
    )
  }
}

async function identify(client) {
  const { rows } = await client.query({ text: IDENTITY, rowMode: 'array' })
  return rows[0].join('/')
}

const OWN_SCHEMA = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"

const CONTENTS = `
  SELECT count(*) > 0 AS filled, coalesce(bool_or(o.name = '_prisma_migrations'), false) AS managed
  FROM (
    SELECT 'pg_class'::regclass AS class, oid, relnamespace AS namespace, relname AS name FROM pg_class
    UNION ALL SELECT 'pg_proc'::regclass, oid, pronamespace, proname FROM pg_proc
    UNION ALL SELECT 'pg_type'::regclass, oid, typnamespace, typname FROM pg_type
  ) o JOIN pg_namespace n ON n.oid = o.namespace
  WHERE ${OWN_SCHEMA}
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = o.class AND d.objid = o.oid AND d.deptype = 'e')`

/** A shadow database is left empty, so contents are a killed run's or somebody's data. */
async function assertExpendable(client, shadow) {
  const { filled, managed } = (await client.query(CONTENTS)).rows[0]
  if (managed) {
    throw new PrismaError(
      undefined,
      `Refused to erase the shadow database \`${shadow.database}\`: it has a table _prisma_migrations, so it is in use. ` +
        'Configure an empty database as the shadow database.',
    )
  }
  if (filled) assertMayErase(shadow)
}

async function empty(client) {
  const { rows } = await client.query(`SELECT n.nspname AS name FROM pg_namespace n WHERE ${OWN_SCHEMA}`)
  const drops = rows.map(({ name }) => `DROP SCHEMA ${pg.escapeIdentifier(name)} CASCADE;`)
  await client.query(`${drops.join('\n')}\nCREATE SCHEMA public`)
}
