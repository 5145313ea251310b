import { fail } from '../../lib/errors.ts'
import { askSmall, type Client, type Question } from './client.ts'

/** Pages of one list that are read at most. */
const mostPages = 20

/**
 * Asks for a list page by page (distribution specification: `Link: <...>; rel="next"`, RFC 8288) and returns the pages' bodies, each of at
 * most `limit` bytes. Of a link only the query is taken: wherever it points, the registry itself is asked. Throws `failed` for a list without
 * end, else as askSmall does.
 */
export async function askPages(client: Client, question: Question, limit: number): Promise<Buffer[]> {
  const bodies: Buffer[] = []
  let { path } = question
  for (;;) {
    const { answer, body } = await askSmall(client, { ...question, path }, limit)
    bodies.push(body)
    const query = nextQuery(answer.headers.link)
    if (query === undefined) return bodies
    if (bodies.length === mostPages)
      fail('failed', `has more than ${mostPages} pages of ${question.path}`, {
        where: `${question.registry}/${question.repository}`,
      })
    path = question.path + query
  }
}

/** `?n=100&last=b` of the link to the next page. */
function nextQuery(header: string | string[] | undefined): string | undefined {
  for (const [, target = '', parameters = ''] of String(header ?? '').matchAll(/<([^>]{0,4096})>([^,<]{0,1024})/g))
    if (/;\s*rel="?next"?/i.test(parameters) && URL.canParse(target, 'http://x'))
      return new URL(target, 'http://x').search
  return undefined
}
