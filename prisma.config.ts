// Read by every `npx prisma` command: where schema, migrations and database are, and which program migrates.
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const folder = import.meta.dirname

const dotenv = join(folder, '.env')
if (existsSync(dotenv)) process.loadEnvFile(dotenv) // what the environment has already, stays

// Nothing is downloaded, and nobody is told that the CLI ran.
process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= join(folder, 'src', 'prisma_engine', 'cli', 'schema_engine', 'schema-engine')
process.env.CHECKPOINT_DISABLE ??= '1'
process.env.PRISMA_HIDE_UPDATE_MESSAGE ??= '1'

// The engine runs with the Node that runs now, wherever that is.
process.env.SCHEMA_ENGINE_NODE ??= process.execPath

// The generator is started as `python`: the project's own, also where no environment is active.
process.env.PATH = [join(folder, '.venv', 'bin'), process.env.PATH].filter(Boolean).join(delimiter)

// Written out: `python -m prisma_engine migrate deploy` reads it too, without running it.
export default {
  schema: 'schema.prisma',
  migrations: { path: 'migrations' },
  datasource: { url: process.env.DATABASE_URL, shadowDatabaseUrl: process.env.SHADOW_DATABASE_URL },
}
