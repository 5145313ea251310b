import { configFile } from '../controls/layout.ts'

/** Where each admission plugin finds its configuration: a file of the control that turns it on. A plugin that is off reads none. */
export const admissionConfig = configFile('admission.yaml', {
  apiVersion: 'apiserver.config.k8s.io/v1',
  kind: 'AdmissionConfiguration',
  plugins: [
    { name: 'PodSecurity', path: 'pod-security.yaml' },
    { name: 'EventRateLimit', path: 'event-rate-limit.yaml' },
  ],
})
