/** Items that wait, and for which control, by its id. It only shrinks: a control that is there takes its items out. */
export const comingWith: Readonly<Record<string, string>> = {
  'CIS 1.1.12': 'etcd-own-user',
  'STIG V-242445': 'etcd-own-user',
}
