// Names, challenges, credentials: small texts of other people, by table.
import * as assert from 'node:assert/strict'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import { dockerCredentials } from '../../../bundles/registry/credentials.ts'
import { formatReference, parseReference } from '../../../bundles/registry/reference.ts'
import { retryAfter } from '../../../bundles/registry/retry.ts'
import { parseChallenge, tokenExchange } from '../../../bundles/registry/token.ts'
import { redact } from '../../../lib/redact.ts'

const digest = `sha256:${'a'.repeat(64)}`

test('image names become whole, as docker reads them', () => {
  const cases: [string, string][] = [
    ['nginx', 'docker.io/library/nginx:latest'],
    ['nginx:1.27', 'docker.io/library/nginx:1.27'],
    ['bitnami/nginx', 'docker.io/bitnami/nginx:latest'],
    ['index.docker.io/nginx', 'docker.io/library/nginx:latest'],
    ['localhost/app', 'localhost/app:latest'],
    ['HOST/app', 'HOST/app:latest'],
    ['registry:5000/app', 'registry:5000/app:latest'],
    ['quay.io/a/b_c/d--e:v1.0_x', 'quay.io/a/b_c/d--e:v1.0_x'],
    [`ghcr.io/a/b@${digest}`, `ghcr.io/a/b@${digest}`],
    [`ghcr.io/a/b:1@${digest}`, `ghcr.io/a/b:1@${digest}`],
  ]
  for (const [text, whole] of cases) assert.equal(formatReference(parseReference(text)), whole)
})

test('what is no image name is refused, at its line', () => {
  const bad = [
    '',
    'a//b',
    'a/',
    '/a',
    'a:b:c',
    'a@sha256:12',
    'a b',
    'a/../b',
    'https://a/b',
    `a:${'x'.repeat(129)}`,
    'a'.repeat(600),
    '-a',
    'a.:1',
  ]
  for (const text of bad) assert.throws(() => parseReference(text, 'redoubt.yaml:3:1'), /is no image name/, text)
})

test('challenges', () => {
  const cases: [string, object | undefined][] = [
    [
      'Bearer realm="https://a/t",service="s",scope="repository:x:pull"',
      { scheme: 'bearer', realm: 'https://a/t', service: 's', scope: 'repository:x:pull' },
    ],
    ['bearer realm=https://a/t', { scheme: 'bearer', realm: 'https://a/t' }],
    ['Basic realm="a \\"b\\""', { scheme: 'basic', realm: 'a "b"' }],
    ['Negotiate abc', undefined],
    ['', undefined],
    ['Bearer __proto__="x"', { scheme: 'bearer', realm: '' }],
  ]
  for (const [header, expected] of cases) assert.deepEqual(parseChallenge(header), expected, header)
})

test('a password goes to no realm without TLS, unless the registry itself has none', () => {
  const ask = (realm: string, registry: string) =>
    tokenExchange({ scheme: 'bearer', realm }, { user: 'ann', password: 'secret-secret' }, new URL(registry))
  assert.throws(() => ask('http://auth.example/t', 'https://registry.example/'), /without TLS/)
  assert.throws(() => ask('', 'https://registry.example/'), /does not say from where/)
  assert.throws(() => ask('file:///etc/passwd', 'https://registry.example/'), /without TLS/)
  assert.equal(ask('http://auth.example/t', 'http://registry.example/').url.host, 'auth.example')
})

test('Retry-After: seconds, a date, or nothing', () => {
  assert.equal(retryAfter('3', 0), 3000)
  assert.equal(retryAfter('Thu, 01 Jan 1970 00:00:09 GMT', 4000), 5000)
  assert.equal(retryAfter('Thu, 01 Jan 1970 00:00:01 GMT', 4000), 0)
  assert.equal(retryAfter('soon', 0), undefined)
})

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'redoubt-credentials-'))
  try {
    await work(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

test('credentials are found where docker keeps them, and never shown', () =>
  withFolder(async (folder) => {
    const auth = Buffer.from('ann:correct:horse-1').toString('base64')
    const config = {
      auths: {
        'quay.io': { auth },
        'https://index.docker.io/v1/': { auth },
        'ghcr.io': { identitytoken: 'refresh-token-7' },
      },
    }
    await writeFile(join(folder, 'config.json'), JSON.stringify(config))
    const find = dockerCredentials({ DOCKER_CONFIG: folder }, new AbortController().signal)
    assert.deepEqual(await find('quay.io'), { user: 'ann', password: 'correct:horse-1' })
    assert.deepEqual(await find('docker.io'), { user: 'ann', password: 'correct:horse-1' })
    assert.deepEqual(await find('ghcr.io'), { token: 'refresh-token-7' })
    assert.equal(await find('evil.quay.io'), undefined)
    for (const secret of [auth, 'correct:horse-1', 'refresh-token-7']) assert.equal(redact(secret), '[redacted]')
  }))

test('a broken docker configuration is named, and nothing of it quoted', () =>
  withFolder(async (folder) => {
    await writeFile(join(folder, 'config.json'), '{"auths": {"a": {"auth": "hunter2hunter2"')
    const find = dockerCredentials({ DOCKER_CONFIG: folder }, new AbortController().signal)
    await assert.rejects(
      find('a'),
      (error: Error) => /no docker configuration/.test(error.message) && !/hunter2/.test(JSON.stringify(error)),
    )
    const none = dockerCredentials({ DOCKER_CONFIG: join(folder, 'nowhere') }, new AbortController().signal)
    assert.equal(await none('a'), undefined)
  }))

test('credential helpers: what they give, what they do not have, and that they fail', () =>
  withFolder(async (folder) => {
    const helper = join(folder, 'docker-credential-vault')
    await writeFile(
      helper,
      '#!/bin/sh\nread -r host\ncase $host in\n  a) echo \'{"ServerURL":"a","Username":"ann","Secret":"from-the-vault"}\';;\n  b) exit 3;;\n  *) echo not found; exit 1;;\nesac\n',
    )
    await chmod(helper, 0o755)
    await writeFile(join(folder, 'config.json'), JSON.stringify({ credsStore: 'vault' }))
    const path = process.env.PATH
    process.env.PATH = `${folder}:${path}`
    try {
      const find = dockerCredentials({ DOCKER_CONFIG: folder }, new AbortController().signal)
      assert.deepEqual(await find('a'), { user: 'ann', password: 'from-the-vault' })
      assert.equal(await find('c'), undefined)
      await assert.rejects(find('b'), /docker-credential-vault/)
    } finally {
      process.env.PATH = path
    }
  }))

test.run()
