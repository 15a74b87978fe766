/** Reads the arguments that the Prisma CLI passes, then runs one command or serves JSON-RPC. */
import { parseArgs } from 'node:util'

import { runCommand } from './cli.mjs'
import { printVersion } from './engine.mjs'
import { serve } from './rpc.mjs'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  strict: false, // the CLI also passes preview features and extension types, which only the native engine takes
  options: {
    version: { type: 'boolean' },
    datasource: { type: 'string', default: '{}' },
    datamodels: { type: 'string', multiple: true, default: [] },
    'enabled-preview-features': { type: 'string' },
    'extension-types': { type: 'string' },
  },
})

process.removeAllListeners('warning') // stderr carries JSON lines only

if (values.version) {
  printVersion()
} else if (positionals[0] === 'cli') {
  await runCommand(positionals[1], JSON.parse(values.datasource))
} else {
  await serve({ datasource: JSON.parse(values.datasource), schemaFiles: values.datamodels })
}
