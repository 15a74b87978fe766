/** How PostgreSQL's text values reach the schema engine. */
import { ColumnTypeEnum, pg } from './packages.mjs'

const textArray = pg.types.getTypeParser(1009)
const isoInstant = (text) => text.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00')

/** Type's OID -> column type and decoder; everything else stays the text that the server sent. */
const TYPES = new Map([
  [16, [ColumnTypeEnum.Boolean, (text) => text === 't']],
  [18, [ColumnTypeEnum.Character]], // "char", in the catalog's code columns
  [20, [ColumnTypeEnum.Int64]],
  [21, [ColumnTypeEnum.Int32, Number]],
  [23, [ColumnTypeEnum.Int32, Number]],
  [26, [ColumnTypeEnum.Int64]], // oid goes beyond int4
  [700, [ColumnTypeEnum.Float, Number]],
  [701, [ColumnTypeEnum.Double, Number]],
  [1003, [ColumnTypeEnum.TextArray, textArray]],
  [1009, [ColumnTypeEnum.TextArray, textArray]],
  [1015, [ColumnTypeEnum.TextArray, textArray]],
  [1184, [ColumnTypeEnum.DateTime, isoInstant]],
])

const asText = (text) => text
const typeOf = ({ dataTypeID }) => TYPES.get(dataTypeID) ?? [ColumnTypeEnum.Text]

/** Makes `pg` hand over values as the server's text. */
export const RAW_TYPES = { getTypeParser: () => asText }

/** Turn a result of `pg` into Prisma's result set. */
export function toResultSet({ fields, rows }) {
  const decoders = fields.map((field) => typeOf(field)[1] ?? asText)
  return {
    columnNames: fields.map(({ name }) => name),
    columnTypes: fields.map((field) => typeOf(field)[0]),
    rows: rows.map((row) => row.map((value, index) => (value === null ? null : decoders[index](value)))),
  }
}
