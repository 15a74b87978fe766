/** The npm packages that the engine is made of. */
import { createRequire } from 'node:module'

export const require = createRequire(import.meta.url)

export const pg = require('pg')
export const { ColumnTypeEnum, DriverAdapterError, bindMigrationAwareSqlAdapterFactory } = require('@prisma/driver-adapter-utils')
