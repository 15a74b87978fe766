/** What the schema engine connects to when it compares schema files only: nothing. */
import { ColumnTypeEnum } from './packages.mjs'

const PROVIDER = { provider: 'postgres', adapterName: 'schema-engine-offline' }

/** A PostgreSQL that says its version when the engine starts, and knows nothing else. */
const GREETING = {
  columnNames: ['exists', 'version', 'numeric_version'],
  columnTypes: [ColumnTypeEnum.Boolean, ColumnTypeEnum.Text, ColumnTypeEnum.Int32],
  rows: [[true, 'PostgreSQL 17', 170000]],
}

/** Takes the place of `AdapterFactory` where no database is needed. */
export class OfflineFactory {
  constructor() {
    Object.assign(this, PROVIDER)
  }

  async connect() {
    return {
      ...PROVIDER,
      getConnectionInfo: () => ({ schemaName: 'public', supportsRelationJoins: true }),
      queryRaw: async () => GREETING,
      executeRaw: unavailable,
      executeScript: unavailable,
      startTransaction: unavailable,
      dispose: async () => {},
    }
  }

  connectToShadowDb = unavailable
  forgetFailures() {}
  async closeShadows() {}
  async close() {}
}

async function unavailable() {
  throw new Error('there is no database in a comparison of schema files')
}
