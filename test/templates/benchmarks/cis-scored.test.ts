// The scored items of CIS 1.12 over the rendered files of hardened nodes: no failure, as a strict reader of the audit texts sees it.
import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { cisRows } from '../../../templates/benchmarks/cis.ts'
import { renderCluster } from '../../../templates/render.ts'
import { inputOf } from '../fixture.ts'
import { type Look, type Rule, scored } from './cis-scored.ts'
import { failures, pathOf, type Read, readNode, wrongWith } from './strict-reader.ts'

const nodes = ['cp1 control-plane', 'w1 worker']
const hardenedInput = await inputOf(nodes)
const hardened = renderCluster(hardenedInput)

test('every scored item has its expectation, in the benchmark’s order', () => {
  assert.deepEqual(
    scored.map(({ item }) => item),
    cisRows.filter(([, how]) => how === 'scored').map(([id]) => id),
  )
})

test('no scored item fails on rendered nodes', () => {
  assert.deepEqual(failures(hardenedInput.model, hardened), [])
})

test('what kubeadm alone gives fails where upstream is known to', async () => {
  const input = await inputOf(nodes, { extra: '  profile: kubeadm' })
  const failed = new Set(failures(input.model, renderCluster(input)).map((text) => text.split(' ')[0]))
  for (const item of ['1.1.12', '1.2.5', '1.2.15', '1.2.16', '1.2.17', '1.2.18', '1.2.19', '1.3.2', '1.4.1'])
    assert.ok(failed.has(item), item)
})

/** The node with one look's setting wrong. */
function spoil(read: Read, look: Look): Read {
  if ('flag' in look) {
    const { [look.flag]: _, ...others } = read.flags[look.program]
    const value = wrongValue(look.rule)
    const changed = value === undefined ? others : { ...others, [look.flag]: [value] }
    return { ...read, flags: { ...read.flags, [look.program]: changed } }
  }
  if ('config' in look) {
    const value = wrongValue(look.rule)
    const keys = look.path.split('.').reverse()
    const config = keys.reduce<unknown>((inner, key) => ({ [key]: inner }), value)
    return { ...read, configs: { ...read.configs, [look.config]: config } }
  }
  const spoiled = pathOf(read, look.path)
  const inside = (path: string) => path === spoiled || (spoiled.endsWith('/') && path.startsWith(spoiled))
  const open = { mode: look.mode === undefined ? 0o600 : 0o666, owner: 'nobody:nogroup' }
  const there = read.entries.filter(({ path }) => !inside(path))
  return { ...read, entries: [...there, { path: `${spoiled}${spoiled.endsWith('/') ? 'x' : ''}`, ...open }] }
}

/** A value that breaks a rule; undefined: it is not set. */
function wrongValue(rule: Rule): string | undefined {
  if (rule === 'set') return undefined
  if (rule === 'absent' || rule === 'file') return '/dev/null'
  if ('is' in rule) return `${rule.is}0`
  if ('isNot' in rule) return rule.isNot
  if ('has' in rule) return `Not${rule.has}`
  if ('lacks' in rule) return `X,${rule.lacks}`
  return String(rule.atLeast - 1)
}

test('every expectation can fail: spoiled alone it does, and given twice it does', () => {
  const read = readNode(hardened, 'cp1')
  for (const { item, looks } of scored)
    for (const look of looks) {
      assert.ok(wrongWith(spoil(read, look), look), `${item} ${JSON.stringify(look)}`)
      if (!('flag' in look)) continue
      const own = { ...read.flags[look.program], [look.flag]: ['a', 'b'] }
      assert.ok(wrongWith({ ...read, flags: { ...read.flags, [look.program]: own } }, look), item)
    }
})

test('what is met otherwise than by the letter says why', () => {
  const otherwise = scored.filter((one) => one.otherwise !== undefined)
  assert.deepEqual(
    otherwise.map(({ item }) => item),
    ['1.1.19', '4.1.1', '4.1.2', '4.3.1'],
  )
  for (const tree of hardened.trees)
    assert.ok(!tree.files.some(({ path }) => path.includes('kubelet.service.d')), tree.node)
})

test.run()
