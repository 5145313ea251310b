// What a program that started us hears while we work: one JSON object a line on stderr, in the place of text for people. The result
// stays one document on stdout.
import { createOutput, type Output, type OutputOptions, type StepReport, shown } from './output.ts'
import { redactAll } from './redact.ts'

/** `step` numbers the steps of a run from 1: several may be under way. */
export type Event =
  | { event: 'begin'; step: number; title: string }
  | { event: 'status'; step: number; text: string }
  | { event: 'progress'; step: number; done: number; total: number; unit: 'bytes' | 'items' }
  | { event: 'item'; step: number; name: string; detail: string }
  | { event: 'end'; step: number; ok: boolean; detail: string; seconds: number }
  | { event: 'note' | 'warning' | 'debug' | 'error'; text: string }

/** Milliseconds between two events of progress, or of status, of one step; the last progress always comes. */
const interval = 1000

/**
 * An output whose steps, notes, warnings and errors are events. `write` takes a line with its end; `now` gives milliseconds. With `quiet` only
 * warnings and errors come, without `verbose` no debug.
 */
export function createEvents(
  options: OutputOptions,
  write: (line: string) => void = (line) => void process.stderr.write(line),
  now: () => number = () => performance.now(),
): Output {
  let steps = 0
  const say = (event: Event) => write(`${shown(JSON.stringify(redactAll(event)))}\n`)
  const unlessQuiet = (event: Event) => void (options.quiet || say(event))

  async function step<T>(title: string, work: (report: StepReport) => Promise<T>): Promise<T> {
    const number = ++steps
    const started = now()
    let detail = ''
    let pending: Event | undefined
    const said = { status: Number.NEGATIVE_INFINITY, progress: Number.NEGATIVE_INFINITY }
    const seldom = (event: Event & { event: 'status' | 'progress' }) => {
      if (event.event === 'progress') pending = event
      if (now() - said[event.event] < interval) return
      said[event.event] = now()
      if (event.event === 'progress') pending = undefined
      unlessQuiet(event)
    }
    const finish = (ok: boolean) => {
      if (pending) unlessQuiet(pending)
      unlessQuiet({ event: 'end', step: number, ok, detail, seconds: Math.round(now() - started) / 1000 })
    }
    unlessQuiet({ event: 'begin', step: number, title })
    const report: StepReport = {
      detail: (text) => {
        detail = text
      },
      status: (text) => seldom({ event: 'status', step: number, text }),
      progress: (done, total, unit = 'bytes') => seldom({ event: 'progress', step: number, done, total, unit }),
      item: (name, what = '') => unlessQuiet({ event: 'item', step: number, name, detail: what }),
    }
    try {
      const result = await work(report)
      finish(true)
      return result
    } catch (error) {
      finish(false)
      throw error
    }
  }

  return {
    ...createOutput(options),
    step,
    note: (text) => unlessQuiet({ event: 'note', text }),
    warn: (text) => say({ event: 'warning', text }),
    debug: (text) => void (options.verbose && say({ event: 'debug', text })),
    error: (text) => say({ event: 'error', text }),
  }
}
