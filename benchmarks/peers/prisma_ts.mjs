// Prisma's own TypeScript client with its adapter for `pg`; with --named, statements keep their names and stay prepared.
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { PrismaPg } from '@prisma/adapter-pg'
import { PrismaClient } from '@prisma/client'

const LAST = 20 // messages that a chat turn reads

const { values: options } = parseArgs({
  options: {
    url: { type: 'string' },
    connections: { type: 'string' },
    loop: { type: 'string' }, // Python's choice; Node has one
    named: { type: 'boolean', default: false },
  },
})

const names = new Map()
function nameOf({ sql }) {
  let name = names.get(sql)
  if (name === undefined) names.set(sql, (name = `s${names.size}`))
  return name
}

const connections = Number(options.connections)
const adapter = new PrismaPg(
  { connectionString: options.url, min: connections, max: connections },
  options.named ? { statementNameGenerator: nameOf } : {},
)
const prisma = new PrismaClient({ adapter })
const newestFirst = [{ createdAt: 'desc' }, { id: 'desc' }]
const oldestFirst = [{ createdAt: 'asc' }, { id: 'asc' }]

const calls = {
  create_session: () => prisma.session.create({ data: {} }),
  create_message: (sessionId, role, content) => prisma.message.create({ data: { sessionId, role, content } }),
  session_by_id: (id) => prisma.session.findUnique({ where: { id } }),
  messages: (sessionId) => prisma.message.findMany({ where: { sessionId }, orderBy: oldestFirst }),
  async last_messages(sessionId, take) {
    const newest = await prisma.message.findMany({ where: { sessionId }, orderBy: newestFirst, take })
    return newest.reverse()
  },
  async complete_session(id) {
    const session = await prisma.session.findUnique({
      where: { id },
      include: { messages: { orderBy: oldestFirst }, characterFile: true },
    })
    return session?.characterFile ? session.messages : null
  },
  find_unique: (sessionId) => prisma.characterFile.findUnique({ where: { sessionId }, include: { session: true } }),
  async find_first(id) {
    const session = await prisma.session.findFirst({
      where: { id },
      include: { messages: { orderBy: oldestFirst }, characterFile: true },
    })
    return session?.characterFile ? session.messages : null
  },
  character_file: (sessionId, content) =>
    prisma.characterFile.upsert({ where: { sessionId }, create: { sessionId, content }, update: { content } }),
  async create_messages(sessionId, contents) {
    const { count } = await prisma.message.createMany({
      data: contents.map((content) => ({ sessionId, role: 'user', content })),
    })
    return count
  },
  create_many: (sessionId, contents) => calls.create_messages(sessionId, contents),
  delete_session: (id) => prisma.session.delete({ where: { id } }),
  async chat_turn(sessionId, question, answer) {
    await calls.create_message(sessionId, 'user', question)
    await calls.create_message(sessionId, 'assistant', answer)
    return calls.last_messages(sessionId, LAST)
  },
}

async function measure(call, entries, tasks) {
  const times = []
  const results = []
  const waiting = entries[Symbol.iterator]()
  async function work(number) {
    for (let next = waiting.next(); !next.done; next = waiting.next()) {
      const started = process.hrtime.bigint()
      results[number] = await call(...next.value)
      times.push(Number(process.hrtime.bigint() - started))
    }
  }
  const cpuBefore = process.cpuUsage()
  const started = process.hrtime.bigint()
  await Promise.all(Array.from({ length: tasks }, (_, number) => work(number)))
  const wall = Number(process.hrtime.bigint() - started)
  const cpu = process.cpuUsage(cpuBefore)
  return { times, wall, cpu: (cpu.user + cpu.system) * 1000, size: sizeOf(results.at(-1)), instructions: 0 }
}

function sizeOf(result) {
  if (typeof result === 'number') return result
  if (Array.isArray(result)) return result.length
  return result ? 1 : 0
}

await prisma.$connect()
console.log('ready')
for await (const line of createInterface({ input: process.stdin })) {
  const { call, arguments: entries, tasks = 1 } = JSON.parse(line)
  console.log(JSON.stringify(await measure(calls[call], entries, tasks)))
}
await prisma.$disconnect()
