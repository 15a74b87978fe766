/** The URLs in a schema's datasource: Prisma 5 demands them, Prisma 7 refuses them, so it reads them as comments. */

const BLOCK = /^[ \t]*datasource\s+\w+\s*\{[\s\S]*?^[ \t]*\}/gm
const LINE = /^([ \t]*)((?:url|directUrl|shadowDatabaseUrl)[ \t]*=)/gm
const WHOLE_LINE = /^[ \t]*(?:url|directUrl|shadowDatabaseUrl)[ \t]*=[^\r\n]*/gm
const PROVIDER = /^[ \t]*provider[ \t]*=[^\r\n]*/m
const HIDDEN = /^([ \t]*)\/\/@5 ((?:url|directUrl|shadowDatabaseUrl)[ \t]*=)/gm
const PROPERTY = /^[ \t]*(url|directUrl|shadowDatabaseUrl)[ \t]*=[ \t]*(?:env\([ \t]*"([^"]*)"[ \t]*\)|("(?:[^"\\\r\n]|\\.)*"))/gm

const inDatasource = (text, change) => text.replace(BLOCK, change)

/** The schema as Prisma 7 accepts it; no line moves. */
export const hideUrls = (text) => inDatasource(text, (block) => block.replace(LINE, '$1//@5 $2'))

/**
 * Take back what `hideUrls` did to the text of before, also after Prisma has formatted it or written it anew.
 * Introspection drops comments; the lines then follow the provider.
 */
export const showUrls = (text, before) =>
  inDatasource(text, (block) => {
    const shown = block.replace(HIDDEN, '$1$2')
    const lines = shown === block ? linesOf(before) : []
    return shown.replace(PROVIDER, (provider) => [provider, ...lines].join('\n'))
  })

const linesOf = (text) => (text.match(BLOCK)?.[0] ?? '').match(WHOLE_LINE) ?? []

/**
 * What a schema says about its URLs.
 *
 * @returns {Record<string, { fromEnvVar: string | null, value: string | null }>} in the form of Prisma 5's generators
 */
export function declaredUrls(text) {
  const [block = ''] = text.match(BLOCK) ?? []
  return Object.fromEntries(
    [...block.matchAll(PROPERTY)].map(([, name, variable, literal]) => [
      name,
      { fromEnvVar: variable ?? null, value: literal ? JSON.parse(literal) : null },
    ]),
  )
}

/** The URL that a declaration leads to here, undefined where its variable is not set. */
export const resolveUrl = (declared) => declared && (declared.value ?? (process.env[declared.fromEnvVar] || undefined))
