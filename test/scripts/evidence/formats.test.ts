// results.json and what is made of it, against the published schemas; each rule was seen to refuse something.
import * as assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import { cklb } from '../../../scripts/evidence/formats/cklb.ts'
import { junit } from '../../../scripts/evidence/formats/junit.ts'
import { oscal } from '../../../scripts/evidence/formats/oscal.ts'
import { prometheus } from '../../../scripts/evidence/formats/prometheus.ts'
import { sarif } from '../../../scripts/evidence/formats/sarif.ts'
import { resultsProblem } from '../../../scripts/evidence/results.ts'
import { uuidOf } from '../../../scripts/evidence/uuid.ts'
import { items } from '../../../templates/benchmarks/items.ts'
import { controls } from '../../../templates/controls.ts'
import { fakeResult } from '../verify/fakes.ts'
import { type Schema, violations } from './json-schema.ts'
import { sample } from './sample.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..')
const schema = (path: string): Schema => JSON.parse(readFileSync(join(root, path), 'utf8'))
const results = schema('docs/schema/results.schema.json')
const sarifSchema = schema('test/fixtures/schemas/sarif-2.1.0.json')
const oscalSchema = schema('test/fixtures/schemas/oscal-assessment-results-1.0.4.json')
const evidence = sample()
/** A run in which nothing was asked: the empty lists of every format. */
const empty = sample({ probes: [], nodes: [], off: [], forced: [] })
const whole = sample({
  probes: controls.map((control) => fakeResult(`probe-of-${control.id}`, 'pass', { controls: [control.id], why: '' })),
})
const parsed = (text: string) => JSON.parse(text)

for (const [name, one] of Object.entries({ evidence, empty, whole })) {
  test(`${name}: results.json is what its schema says, all of it`, () => {
    assert.deepEqual(violations(results, parsed(JSON.stringify(one))), [])
    assert.equal(resultsProblem(one), undefined)
  })
  test(`${name}: SARIF is as its schema says`, () => assert.deepEqual(violations(sarifSchema, parsed(sarif(one))), []))
  test(`${name}: OSCAL is as its schema says`, () => assert.deepEqual(violations(oscalSchema, parsed(oscal(one))), []))
}

const broken: [name: string, schema: Schema, document: unknown, where: RegExp][] = [
  ['an outcome that is none', results, { ...evidence, probes: [{ ...evidence.probes[0], outcome: 'ok' }] }, /outcome/],
  ['a field that nobody described', results, { ...evidence, extra: 1 }, /extra is not allowed/],
  ['no verdict on completeness', results, { ...evidence, complete: undefined }, /complete/],
  [
    'a SARIF level that is none',
    sarifSchema,
    parsed(sarif(evidence).replace('"level": "error"', '"level": "bad"')),
    /level/,
  ],
  ['another SARIF version', sarifSchema, { ...parsed(sarif(evidence)), version: '2.0.0' }, /version/],
  [
    'an OSCAL uuid of no version',
    oscalSchema,
    parsed(oscal(evidence).replace(/"uuid": "(.{14})5/, '"uuid": "$11')),
    /uuid/,
  ],
  ['an OSCAL state that is none', oscalSchema, parsed(oscal(evidence).replace('"not-satisfied"', '"open"')), /state/],
  [
    'an empty OSCAL list',
    oscalSchema,
    parsed(oscal(empty).replace('"results": [', '"results": [], "x": [')),
    /results/,
  ],
]
for (const [name, one, document, where] of broken)
  test(`the schema refuses ${name}`, () => assert.match(violations(one, document).join('\n') || 'nothing', where))

test('SARIF: what was not evaluated is open, a waived failure is suppressed and stays a failure', () => {
  const [run] = parsed(sarif(evidence)).runs
  const of = (id: string) => run.results.find((result: { ruleId: string }) => result.ruleId === id)
  assert.equal(of('kubelet-anonymous').kind, 'open')
  assert.equal(of('anonymous').level, 'error')
  assert.equal(of('audit-canary').kind, 'fail')
  assert.equal(of('audit-canary').suppressions.length, 1)
  assert.equal(run.invocations[0].exitCode, 3)
  for (const { ruleId, ruleIndex } of run.results) assert.equal(run.tool.driver.rules[ruleIndex].id, ruleId)
})

test('OSCAL: only pass satisfies, and every finding leads to observations that are there', () => {
  const [result] = parsed(oscal(evidence))['assessment-results'].results
  const observed = new Set(result.observations.map((one: { uuid: string }) => one.uuid))
  assert.equal(observed.size, evidence.probes.length)
  const states: Record<string, string> = {}
  for (const finding of result.findings) {
    states[finding.target['target-id']] = `${finding.target.status.state} ${finding.target.status.reason}`
    for (const related of finding['related-observations'] ?? []) assert.ok(observed.has(related['observation-uuid']))
  }
  assert.equal(states['V-242376'], 'satisfied pass')
  assert.equal(states['CIS-1.2.1'], 'not-satisfied fail')
  assert.equal(states['CIS-4.2.1'], 'not-satisfied other')
  assert.equal(states['V-242403'], 'not-satisfied other')
  const [selected] = result['reviewed-controls']['control-selections']
  assert.ok(selected['exclude-controls'].some((one: { 'control-id': string }) => one['control-id'] === 'CIS-2.2'))
})

/** As STIG Viewer 3 and those who import its files want it (read out of exported checklists and of STIG Manager's importer). */
const cklbShape = {
  document: 'title id stigs active mode has_path target_data cklb_version',
  target_data:
    'target_type host_name ip_address mac_address fqdn comments role is_web_database technology_area web_db_site web_db_instance classification',
  stig: 'stig_name display_name stig_id release_info version uuid reference_identifier size rules',
  rule: 'group_id_src group_tree group_id severity group_title rule_id_src rule_id rule_version rule_title fix_text weight check_content check_content_ref classification discussion false_positives false_negatives documentable security_override_guidance potential_impacts third_party_tools ia_controls responsibility mitigations mitigation_control legacy_ids ccis reference_identifier uuid stig_uuid status overrides comments finding_details',
}

for (const [name, one] of Object.entries({ evidence, empty, whole }))
  test(`${name}: CKLB has every field of a checklist, in its words`, () => {
    const keys = (value: object) => Object.keys(value).join(' ')
    const list = parsed(cklb(one))
    assert.equal(keys(list), cklbShape.document)
    assert.equal(keys(list.target_data), cklbShape.target_data)
    const [stig] = list.stigs
    assert.equal(keys(stig), cklbShape.stig)
    assert.equal(stig.size, stig.rules.length)
    for (const rule of stig.rules) {
      assert.equal(keys(rule), cklbShape.rule)
      assert.match(rule.group_id, /^V-\d{6}$/)
      assert.match(rule.uuid, /^[0-9a-f-]{36}$/)
      assert.equal(rule.stig_uuid, stig.uuid)
      assert.match(rule.status, /^(not_a_finding|open|not_applicable|not_reviewed)$/)
    }
  })

test('CKLB: a rule per STIG item; unknown and unproven are not reviewed, waived stays open', () => {
  assert.equal(parsed(cklb(whole)).stigs[0].size, items.filter(({ benchmark }) => benchmark === 'stig').length)
  const status = (id: string) =>
    parsed(cklb(evidence)).stigs[0].rules.find((rule: { group_id: string }) => rule.group_id === id).status
  assert.equal(status('V-242376'), 'not_a_finding')
  assert.equal(status('V-242390'), 'open')
  assert.equal(status('V-242391'), 'not_reviewed')
  assert.equal(status('V-242403'), 'open')
  assert.equal(status('V-242423'), 'not_applicable')
  assert.equal(status('V-242383'), 'not_reviewed')
})

/** junit-10.xsd of jenkinsci/xunit-plugin, the elements that we write: attributes (! must be there), what may stand inside. */
const junitShape: Record<string, { attributes: string; children: string }> = {
  testsuites: { attributes: 'name time tests failures errors', children: 'testsuite' },
  testsuite: { attributes: 'name! tests! failures! errors! time skipped timestamp', children: 'testcase' },
  testcase: { attributes: 'name! time classname', children: 'skipped error failure' },
  skipped: { attributes: 'type message', children: '' },
  error: { attributes: 'type message', children: '' },
  failure: { attributes: 'type message', children: '' },
}

function junitProblems(xml: string): string[] {
  const problems: string[] = []
  const open: string[] = []
  for (const [, close, element = '', attributes = '', empty] of xml.matchAll(
    /<(\/?)(\w+)((?: \w+="[^"<]*")*)(\/?)>/g,
  )) {
    if (close) {
      if (open.pop() !== element) problems.push(`${element} ends and did not begin`)
      continue
    }
    const shape = junitShape[element]
    const parent = junitShape[open.at(-1) ?? '']?.children.split(' ') ?? ['testsuites']
    if (!shape || !parent.includes(element)) problems.push(`${element} in ${open.at(-1)}`)
    const known = shape?.attributes.split(' ') ?? []
    const there = [...attributes.matchAll(/ (\w+)="[^"]*"/g)].map(([, name = '']) => name)
    problems.push(
      ...there
        .filter((name) => !known.some((one) => one.replace('!', '') === name))
        .map((name) => `${element} ${name}`),
    )
    problems.push(
      ...known
        .filter((one) => one.endsWith('!') && !there.includes(one.slice(0, -1)))
        .map((one) => `${element} ${one}`),
    )
    if (!empty) open.push(element)
  }
  return open.length > 0 ? [...problems, `${open} not ended`] : problems
}

for (const [name, one] of Object.entries({ evidence, empty, whole }))
  test(`${name}: JUnit is as its schema says`, () => assert.deepEqual(junitProblems(junit(one)), []))

test('the JUnit schema refuses an attribute that it does not name, one that is missing, a case outside a suite', () => {
  const xml = junit(evidence)
  assert.deepEqual(junitProblems(xml.replace(' tests=', ' skipped="1" tests=')), ['testsuites skipped'])
  assert.match(junitProblems(xml.replace(/(<testsuite .*?) errors="\d+"/, '$1')).join(), /testsuite errors!/)
  assert.match(junitProblems(xml.replaceAll('testsuite ', 'testcase ')).join(), /testcase in testsuites/)
})

test('a name-based UUID: version 5, the same for the same words, another for others', () => {
  assert.match(uuidOf('a', 'b'), /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.equal(uuidOf('a', 'b'), uuidOf('a', 'b'))
  assert.notEqual(uuidOf('a', 'b'), uuidOf('a/b'))
})

test('Prometheus: every line is a comment or a sample, and the sums are those of the run', () => {
  const lines = prometheus(evidence).trimEnd().split('\n')
  for (const line of lines)
    assert.match(line, /^# (HELP|TYPE) redoubt_verify_\w+ .+$|^redoubt_verify_\w+\{(\w+="[^"\\]*",?)+\} \d+(\.\d+)?$/)
  assert.ok(lines.includes('redoubt_verify_exit_code{cluster="lab"} 3'))
  assert.ok(lines.includes('redoubt_verify_probes{cluster="lab",outcome="not-evaluated"} 1'))
  assert.ok(lines.includes('redoubt_verify_control{cluster="lab",control="anonymous-limited",outcome="fail"} 1'))
  assert.ok(lines.includes('redoubt_verify_finished_timestamp_seconds{cluster="lab"} 1800014409.5'))
})

test.run()
