import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fail } from '../lib/errors.ts'
import { toPem } from './x509.ts'

/**
 * PEM of somebody else's authorities: the certificates of a file, and nothing else of it. Throws `usage` naming the file when it
 * cannot be read, holds no certificate, one that is no authority's, or a private key: what is rendered is public.
 */
export function readAuthorities(path: string): string {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    return fail('usage', 'this file of authorities cannot be read', {
      where: path,
      hint: 'redoubt.yaml names it: put it there, or name another.',
      cause: error,
    })
  }
  const hint = 'It must hold the certificates of authorities, as PEM, and nothing else.'
  if (text.includes('PRIVATE KEY')) fail('usage', 'holds a private key', { where: path, hint })
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  if (blocks.length === 0) fail('usage', 'holds no certificate', { where: path, hint })
  return blocks
    .map((block) => {
      const certificate =
        parse(block) ?? fail('usage', 'holds a certificate that cannot be read', { where: path, hint })
      if (!certificate.ca) fail('usage', `${oneLine(certificate.subject)} is no authority`, { where: path, hint })
      return toPem(certificate.raw)
    })
    .join('')
}

function parse(block: string): X509Certificate | undefined {
  try {
    return new X509Certificate(block)
  } catch {
    return undefined
  }
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ')
}
