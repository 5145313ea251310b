// What goes where: data to stdout; everything else to stderr. A terminal gets one live line (ora); anything else gets one
// line per finished step. Colour only on a terminal without NO_COLOR and TERM=dumb. Nothing leaves without shown().
import { styleText } from 'node:util'
import { redact, redactAll } from './redact.ts'

export type Format = 'table' | 'json' | 'markdown'

export interface OutputOptions {
  format: Format
  quiet: boolean
  verbose: boolean
  color: boolean
}

export interface StepReport {
  /** What the finished line says after the title: `7 images, 459 MB`. */
  detail(text: string): void
  /** What the step is waiting for or doing now; shown live, and in the error when the step fails. */
  status(text: string): void
  /** Bytes (or items) done so far of `total`: shown live with rate and time left. */
  progress(done: number, total: number, unit?: 'bytes' | 'items'): void
  /** One of the step's things is done: a line of its own in a log; a terminal shows the bar alone. */
  item(name: string, detail?: string): void
}

export interface Output {
  readonly format: Format
  readonly color: boolean
  /** A result, to stdout, ending in a newline. */
  data(text: string): void
  /** A document as JSON to stdout (for `-o json`), with its apiVersion first. */
  json<Document extends { kind: string }>(document: Document): void
  /** One step: shown while it runs, then one line with its detail and how long it took. */
  step<T>(title: string, work: (report: StepReport) => Promise<T>): Promise<T>
  note(text: string): void
  warn(text: string): void
  debug(text: string): void
  error(text: string): void
}

/** Of every document that we print. */
const apiVersion = 'redoubt.dev/v1alpha1'

/** Milliseconds after which a log is told again what is still under way. */
const silence = 30_000

type Style = 'green' | 'red' | 'yellow' | 'dim' | 'bold'

export function createOutput(options: OutputOptions): Output {
  const live = !options.quiet && canLive(process.stderr, process.env)
  let running = 0
  const paint = (style: Style, text: string) =>
    options.color ? styleText(style, text, { validateStream: false }) : text
  const line = (text: string) => void process.stderr.write(`${shown(text)}\n`)

  async function step<T>(title: string, work: (report: StepReport) => Promise<T>): Promise<T> {
    const started = performance.now()
    const alone = running++ === 0
    // Loaded here: whoever wants no live line (the version, a pipe) does not wait for it.
    const spinner =
      live && alone
        ? (await import('ora')).default({ text: title, stream: process.stderr, discardStdin: false }).start()
        : undefined
    let detail = ''
    let status = ''
    const elapsed = () => `${((performance.now() - started) / 1000).toFixed(0)}s`
    const refresh = (text: string) => {
      status = text
      if (spinner) spinner.text = shown(`${title}  ${paint('dim', `${text ? `${text}  ` : ''}${elapsed()}`)}`)
    }
    // Long work is never silent: the live line counts seconds, a log gets a line now and then.
    const tick = setInterval(
      () => (live ? refresh(status) : options.quiet || line(`… ${title}${status ? `  ${status}` : ''}  ${elapsed()}`)),
      live ? 1000 : silence,
    ).unref()
    const report: StepReport = {
      detail: (text) => {
        detail = text
      },
      status: refresh,
      progress: (done, total, unit = 'bytes') => refresh(progressText(done, total, unit, performance.now() - started)),
      item: (name, what) => void (live || options.quiet || line(`  ${name}${what ? `  ${what}` : ''}`)),
    }
    const finish = (mark: string, text: string) => {
      running--
      clearInterval(tick)
      spinner?.stop()
      const seconds = `${((performance.now() - started) / 1000).toFixed(1)}s`
      if (!options.quiet) line(`${mark} ${title}${text ? `  ${text}` : ''}  ${paint('dim', seconds)}`)
    }
    try {
      const result = await work(report)
      finish(paint('green', '✓'), detail)
      return result
    } catch (error) {
      finish(paint('red', '✗'), status ? `(last: ${status})` : '')
      throw error
    }
  }

  return {
    format: options.format,
    color: options.color,
    data: (text) => void process.stdout.write(shown(text.endsWith('\n') ? text : `${text}\n`)),
    json: (document) =>
      void process.stdout.write(shown(`${JSON.stringify(redactAll({ apiVersion, ...document }), null, 2)}\n`)),
    step,
    note: (text) => void (options.quiet || line(text)),
    warn: (text) => line(paint('yellow', `! ${text}`)),
    debug: (text) => void (options.verbose && line(paint('dim', text))),
    error: (text) => line(`${paint('red', 'error:')} ${text}`),
  }
}

/**
 * Whether a line can be redrawn there: a terminal that is not dumb, is no CI log, and knows its width. A new pseudo-terminal
 * (`ssh -tt`, `script`) may say 0 columns: ora divides by it and erases lines without end.
 */
export function canLive(stream: { isTTY?: boolean; columns?: number }, env: NodeJS.ProcessEnv): boolean {
  return stream.isTTY === true && stream.columns !== 0 && env.TERM !== 'dumb' && !env.CI
}

/**
 * Without secrets, and without what could move the cursor or rename the window: a node's or a file's own words are in it. Colours
 * (SGR, ECMA-48 8.3.117) stay.
 */
export function shown(text: string): string {
  return redact(text).replaceAll(/[^\P{Cc}\n\t](\[[\d;]*m)?/gu, (found, rest = '') =>
    found.startsWith('\u001b') && rest ? found : `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}${rest}`,
  )
}

/** `512 MB of 1.3 GB, 210 MB/s, 4s left`; elapsed in milliseconds. */
export function progressText(done: number, total: number, unit: 'bytes' | 'items', elapsed: number): string {
  const show = unit === 'bytes' ? formatBytes : String
  const rate = elapsed > 0 ? (done * 1000) / elapsed : 0
  const left = rate > 0 && total > done ? `, ${Math.ceil((total - done) / rate)}s left` : ''
  return `${show(done)} of ${show(total)}${unit === 'bytes' ? `, ${formatBytes(rate)}/s` : ''}${left}`
}

/** `1 program`, `3 programs` */
export function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** Decimal units, as disks and networks are sold: `459 MB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}

/**
 * A table with two spaces between columns; the last column is not padded. On a terminal of `width` columns its words go on below
 * themselves; a pipe gets one line a row.
 */
export function formatTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  width = process.stdout.isTTY ? process.stdout.columns : 0,
): string {
  const all = [header, ...rows]
  const widths = header.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)))
  const indent = widths.slice(0, -1).reduce((sum, cell) => sum + cell + 2, 0)
  return all
    .map((row) =>
      row
        .map((cell, column) =>
          column === row.length - 1 ? wrap(cell, width - indent, indent) : cell.padEnd(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** Breaks a text between words into lines of `width`, all but the first indented. Too narrow to help: as it is. */
function wrap(text: string, width: number, indent: number): string {
  if (width < 20) return text
  const lines = ['']
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? ''
    if (line && line.length + 1 + word.length > width) lines.push(word)
    else lines[lines.length - 1] = line ? `${line} ${word}` : word
  }
  return lines.join(`\n${' '.repeat(indent)}`)
}
