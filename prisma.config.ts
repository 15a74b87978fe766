// Read by every `npx prisma` command: where schema, migrations and database are, and which program migrates.
import { existsSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'

const folder = import.meta.dirname

const dotenv = join(folder, '.env')
if (existsSync(dotenv)) process.loadEnvFile(dotenv) // what the environment has already, stays

// Nothing is downloaded, and nobody is told that the CLI ran.
process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= join(folder, 'scripts', 'schema-engine', 'schema-engine')
process.env.CHECKPOINT_DISABLE ??= '1'
process.env.PRISMA_HIDE_UPDATE_MESSAGE ??= '1'

// The generator is started as `python`, the engine as `node`: let PATH find the project's own and the one that runs now.
process.env.PATH = [join(folder, '.venv', 'bin'), dirname(process.execPath), process.env.PATH].filter(Boolean).join(delimiter)

export default {
  schema: join(folder, 'schema.prisma'),
  migrations: { path: join(folder, 'migrations') },
  datasource: { url: process.env.DATABASE_URL, shadowDatabaseUrl: process.env.SHADOW_DATABASE_URL },
}
