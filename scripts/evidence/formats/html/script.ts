/** The page's script: hides the rows that the outcomes ticked and the words typed leave out, and opens what a link leads to. */
export const script = `
'use strict'
const boxes = [...document.querySelectorAll('nav input[type=checkbox]')]
const search = document.querySelector('nav input[type=search]')
const rows = [...document.querySelectorAll('[data-outcome]')]
const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]))
function filter() {
  const wanted = new Set(boxes.filter((box) => box.checked).map((box) => box.value))
  const words = search.value.toLowerCase().split(/\\s+/).filter(Boolean)
  for (const row of rows) row.hidden = !wanted.has(row.dataset.outcome) || !words.every((word) => texts.get(row).includes(word))
  for (const part of document.querySelectorAll('[data-part]')) {
    const own = [...part.querySelectorAll('[data-outcome]')]
    part.querySelector('[data-none]').hidden = own.some((row) => !row.hidden)
  }
}
function reveal() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)))
  if (!target) return
  if (target.hidden) {
    for (const box of boxes) box.checked = true
    search.value = ''
    filter()
  }
  if (target.tagName === 'DETAILS') target.open = true
  target.scrollIntoView()
}
for (const box of boxes) box.addEventListener('change', filter)
search.addEventListener('input', filter)
addEventListener('hashchange', reveal)
let closed = []
addEventListener('beforeprint', () => {
  closed = [...document.querySelectorAll('details:not([open])')]
  for (const one of closed) one.open = true
})
addEventListener('afterprint', () => {
  for (const one of closed) one.open = false
})
document.querySelector('nav').hidden = false
filter()
reveal()
`
