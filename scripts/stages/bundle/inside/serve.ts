import { createPrivateKey, X509Certificate } from 'node:crypto'
import { join, resolve } from 'node:path'
import { readHead } from '../../../../bundles/read.ts'
import { readPackages } from '../../../../bundles/serve/apt.ts'
import { readRepositories } from '../../../../bundles/serve/repositories.ts'
import { requireAddress, serveBundle } from '../../../../bundles/serve/server.ts'
import { buildSite } from '../../../../bundles/serve/site.ts'
import { loadBundleSpec } from '../../../../cluster/bundle.ts'
import { loadSpec } from '../../../../cluster/spec.ts'
import { fail } from '../../../../lib/errors.ts'
import { exists, readText } from '../../../../lib/files.ts'
import { addSecret } from '../../../../lib/redact.ts'
import { loadPublicPki } from '../../../../pki/public.ts'
import type { Context } from '../../../command.ts'
import { chosenBundle, readVerifyKey, verifyWhole } from '../chosen.ts'

interface Options {
  file: string | undefined
  key: string | undefined
  listen: string | undefined
  cert: string | undefined
  tlsKey: string | undefined
  plainHttp: boolean
}

/** Serves the images of a bundle to registry clients, straight from the file, after every byte of it was checked. */
export async function serve(context: Context, options: Options): Promise<number> {
  const { out, signal } = context
  const serve = await servedBy(context)
  const { address, port } = parseListen(options.listen ?? serve ?? '127.0.0.1:5000')
  const own = serve !== undefined && !options.plainHttp && !options.cert && !options.tlsKey
  const tls = own ? await ownTls(context) : await loadTls(options)
  const path = await chosenBundle(context, options.file)
  const key = await readVerifyKey(context, options.key)
  await requireAddress(address, port)
  await verifyWhole(context, path, key)
  const head = await readHead(path, key)
  try {
    const served = await readRepositories(head)
    const packages = await readPackages(head, signal)
    if (!packages) out.warn('dpkg-deb is not installed here: packages are not served')
    const site = buildSite(head, packages ?? [])
    const scheme = tls ? 'https' : 'http'
    await serveBundle(
      {
        archive: head.archive,
        served,
        site,
        address,
        port,
        ...(tls ? { tls } : {}),
        signal,
        onAnswer: (method, target, status) => out.debug(`${status} ${method} ${target}`),
      },
      (bound) => {
        out.data(`${scheme}://${address}:${bound}`)
        const counts = `${served.whole.size} repositories, ${packages?.length ?? 0} packages, ${site.size} files`
        out.note(`serving ${path}: ${counts}; Ctrl-C ends it`)
      },
    )
  } finally {
    await head.archive.file.close()
  }
  return 0
}

/** `ADDRESS:PORT`. Throws `usage`. */
function parseListen(text: string): { address: string; port: number } {
  const [, address = '', digits = ''] = /^(\d{1,3}(?:\.\d{1,3}){3}|localhost):(\d{1,5})$/.exec(text) ?? []
  const port = Number(digits)
  if (!address || port > 65535) fail('usage', `--listen ${text}: expected ADDRESS:PORT, like 192.0.2.10:5000`)
  return { address, port }
}

/** `spec.bundle.serve` of the workspace; undefined where there is none. */
async function servedBy({ workspace }: Context): Promise<string | undefined> {
  if (!(await exists(workspace.spec))) return undefined
  return (await loadBundleSpec(workspace.spec)).cluster?.spec.bundle.serve
}

/** The certificate that `pki init` made for it: nodes know its authority. */
async function ownTls({ workspace }: Context): Promise<{ cert: string; key: string }> {
  const pki = await loadPublicPki(workspace.keys, await loadSpec(workspace.spec))
  const key = await readText(join(workspace.keys, pki.key('registry').ref), 'Run `redoubt pki init`.')
  addSecret(key)
  return { cert: pki.certificate('registry'), key }
}

async function loadTls({ cert, tlsKey, plainHttp }: Options): Promise<{ cert: string; key: string } | undefined> {
  if (plainHttp && !cert && !tlsKey) return undefined
  if (plainHttp) fail('usage', '--plain-http and a certificate exclude each other')
  if (!cert || !tlsKey)
    return fail('usage', lackOf(cert, tlsKey), {
      hint: 'Name one with --tls-cert and --tls-key, or say --plain-http when only this host or a trusted link reads it.',
    })
  const pair = {
    cert: await readText(resolve(cert), 'Named with --tls-cert.'),
    key: await readText(resolve(tlsKey), 'Named with --tls-key.'),
  }
  addSecret(pair.key)
  const certificate = pemOf(cert, 'certificate', () => new X509Certificate(pair.cert))
  const key = pemOf(tlsKey, 'private key without a password', () => createPrivateKey(pair.key))
  if (!certificate.checkPrivateKey(key)) fail('usage', `is not the key of ${cert}`, { where: tlsKey })
  return pair
}

function lackOf(cert: string | undefined, tlsKey: string | undefined): string {
  if (cert) return '--tls-cert lacks its key: --tls-key'
  return tlsKey ? '--tls-key lacks its certificate: --tls-cert' : 'a registry needs a certificate'
}

/** What a file of PEM holds. Throws `usage` where that is something else. */
function pemOf<T>(file: string, what: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    return fail('usage', `holds no ${what} in PEM`, { where: file, cause })
  }
}
