import { printable } from '../../lib/html.ts'
import { formatTable } from '../../lib/output.ts'
import type { Transfer } from './transfer.ts'

/** A transfer manifest as plain text. Its lines of files are those of sha256sum, so that `sha256sum -c` takes them. */
export function transferText({ about, files, kinds, checks }: Transfer): string {
  const [name = ''] = about.map(([, value]) => value)
  const head = `Transfer manifest: ${name}`
  const sections = [
    ['FILES', ...files.map((file) => `${file.sha256}  ${file.name}`), '', ...files.map(sizeLine)],
    ...kinds.map(({ title, items }) => [
      `${title.toUpperCase()} (${items.length})`,
      ...table(items.map((item) => [item.name, item.version, String(item.size), item.digest])),
    ]),
    [
      'HOW TO CHECK IT',
      ...checks
        .flatMap(({ why, commands }) => [`${why}`, ...commands.map((command) => `    ${command}`), ''])
        .slice(0, -1),
    ],
  ]
  const lines = [head, '='.repeat(head.length), '', ...table(about), '', ...sections.flatMap((lines) => [...lines, ''])]
  return `${lines
    .map((line) => printable(line).replaceAll('\n', '·').trimEnd())
    .join('\n')
    .trimEnd()}\n`
}

function sizeLine({ name, size }: Transfer['files'][number]): string {
  return `${name}: ${size} bytes`
}

/** Rows, two spaces in, without a header. */
function table([first = [], ...rows]: readonly (readonly string[])[]): string[] {
  return formatTable(first, rows, 0)
    .split('\n')
    .map((line) => `  ${line}`)
}
