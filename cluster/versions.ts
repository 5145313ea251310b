/** Kubernetes versions that the catalogue can carry. */
export const supportedVersions = ['v1.36.3'] as const
