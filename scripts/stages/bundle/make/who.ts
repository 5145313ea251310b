import { isoTime, isTime } from '../../../../bundles/format/statement.ts'
import { fail } from '../../../../lib/errors.ts'
import { isPlain } from '../../../../lib/plain.ts'

/** What the statement of a bundle says of who built it and when. */
interface Who {
  builder: string | undefined
  built: string | undefined
}

/**
 * Nothing that was not asked for, so that two builds of one lock are the same bytes. `builtAt`: `now` or a time; without it
 * SOURCE_DATE_EPOCH (https://reproducible-builds.org/specs/source-date-epoch/), where it is set. Throws `usage`.
 */
export function whoAndWhen(
  { builder, builtAt }: { builder?: string | undefined; builtAt?: string | undefined },
  now: () => Date,
  env: NodeJS.ProcessEnv = process.env,
): Who {
  if (builder !== undefined && (builder === '' || builder.length > 128 || !isPlain(builder)))
    fail('usage', '--builder: expected a name of at most 128 characters on one line')
  const built = builtAt === 'now' ? isoTime(now()) : (builtAt ?? fromEpoch(env.SOURCE_DATE_EPOCH))
  if (built !== undefined && !isTime(built))
    fail('usage', `--built-at ${built}: expected \`now\` or a time like 2026-01-31T12:00:00Z`)
  return { builder, built }
}

function fromEpoch(epoch: string | undefined): string | undefined {
  if (!epoch) return undefined
  if (!/^\d{1,11}$/.test(epoch)) fail('usage', `SOURCE_DATE_EPOCH=${epoch}: expected seconds since 1970`)
  return isoTime(new Date(Number(epoch) * 1000))
}
