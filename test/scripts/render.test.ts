import * as assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { appendFileSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** Runs `redoubt render` in a workspace made from the fixtures, as `prepare` left it; gone afterwards. */
async function withWorkspace(
  work: (
    folder: string,
    render: (...args: string[]) => Promise<{ code: number; stdout: string; stderr: string }>,
  ) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'redoubt-render-'))
  try {
    cpSync(join(root, 'test', 'fixtures'), folder, { recursive: true })
    const main = join(root, 'scripts', 'main.ts')
    await work(
      folder,
      (...args) =>
        new Promise((resolve) => {
          execFile(
            process.execPath,
            [main, '-w', folder, 'render', ...args],
            { env: { ...process.env, NO_COLOR: '1' } },
            (error, stdout, stderr) =>
              resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
          )
        }),
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

test('first everything is added, then nothing changed; a control off is loud, and undone by the next run', () =>
  withWorkspace(async (folder, render) => {
    const first = await render()
    assert.equal(first.code, 0)
    assert.match(first.stderr, /^✓ Render {2}cp1 \d+ files, w1 \d+ files, \d+ objects/)
    assert.match(first.stdout, /^CHANGE +FILE\nadded +cluster\/01-rbac\.yaml\n/)
    assert.equal((await render()).stdout, 'nothing changed\n')
    const off = await render('--off', 'audit-log', '--off', 'profiling-off')
    assert.match(off.stderr, /! CONTROL OFF: audit-log - .* weakened on purpose\.\n! CONTROL OFF: profiling-off - /)
    assert.match(off.stdout, /\nremoved +cp1\/etc\/kubernetes\/apiserver\/audit-policy\.yaml\n/)
    const again = JSON.parse((await render('-o', 'json')).stdout)
    assert.deepEqual(again.off, [])
    assert.ok(again.changes.some((entry: { path: string }) => entry.path === 'controls.json'))
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('.')),
      [],
    )
  }))

const cases: [string, (folder: string) => void, string[], RegExp][] = [
  [
    'no survey',
    (folder) => rmSync(join(folder, 'hosts.yaml')),
    [],
    /hosts\.yaml: no such file\n {2}Run `redoubt survey` first\./,
  ],
  [
    'no bundle',
    (folder) => rmSync(join(folder, 'redoubt.lock.yaml')),
    [],
    /redoubt\.lock\.yaml: no such file\n {2}Run `redoubt bundle build`/,
  ],
  ['no PKI', (folder) => rmSync(join(folder, 'keys'), { recursive: true }), [], /keys\/ledger\.json: no such file\n/],
  [
    'a node that the survey does not know',
    (folder) => appendFileSync(join(folder, 'redoubt.yaml'), '    - {name: w2, role: worker, address: 10.77.0.13}\n'),
    [],
    /w2/,
  ],
  [
    'an unknown control',
    () => {},
    ['--off', 'audit-lgo'],
    /there is no control audit-lgo\n {2}Did you mean audit-log\? /,
  ],
  [
    'an argument that is already set',
    (folder) =>
      appendFileSync(join(folder, 'redoubt.yaml'), '  components:\n    etcd:\n      args:\n        name: other\n'),
    [],
    /redoubt\.yaml:17:9: etcd --name is set by the baseline\n/,
  ],
  [
    'a lock of another release',
    (folder) => {
      const path = join(folder, 'redoubt.lock.yaml')
      writeFileSync(path, readFileSync(path, 'utf8').replace('kubernetes: v1.36.3', 'kubernetes: v1.36.2'))
    },
    [],
    /redoubt\.yaml:6:3: redoubt\.yaml wants v1\.36\.3, the lock holds v1\.36\.2\n/,
  ],
  [
    'encryption off without the key',
    () => {},
    ['--off', 'encryption-at-rest'],
    /keys\/encryption\.key: this secret cannot be read/,
  ],
]
for (const [name, prepare, args, expected] of cases)
  test(`${name}: exit 2, what and where, and no rendering`, () =>
    withWorkspace(async (folder, render) => {
      prepare(folder)
      const { code, stdout, stderr } = await render(...args)
      assert.equal(code, 2, stderr)
      assert.equal(stdout, '')
      assert.match(stderr, expected)
      assert.doesNotMatch(stderr, /\n {4}at /)
      assert.ok(!readdirSync(folder).includes('rendered'))
    }))

test.run()
