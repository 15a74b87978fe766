/** The npm packages that the engine is made of: from the folder that PRISMA_ENGINE_PACKAGES names, else from the nearest one. */
import { createRequire } from 'node:module'
import { join } from 'node:path'

const folder = process.env.PRISMA_ENGINE_PACKAGES

export const require = createRequire(folder ? join(folder, 'package.json') : import.meta.url)

export const pg = require('pg')
export const { ColumnTypeEnum, DriverAdapterError, bindMigrationAwareSqlAdapterFactory } = require('@prisma/driver-adapter-utils')
