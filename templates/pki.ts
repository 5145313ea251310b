/** A file of `keys/`: its path there, and the hash and size of its bytes. */
export interface SecretRef {
  ref: string
  sha256: string
  size: number
}

/** The part of `keys/` that rendering may see: certificates, public keys, and references to what is secret. */
export interface PublicPki {
  /** PEM of a leaf, then its issuer. */
  certificate(id: string): string
  /** PEM of one certificate authority. */
  authority(id: string): string
  key(id: string): SecretRef
  secret(id: string): SecretRef
  /** PEM of the public half of a key pair. */
  publicKey(id: string): string
}
