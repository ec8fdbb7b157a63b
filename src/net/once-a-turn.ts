/** Something that is done once at the end of a turn of events, however often it was asked for. */
export const onceATurn = (act: () => void): (() => void) => {
  let isDue = false
  return () => {
    if (isDue) return
    isDue = true
    setImmediate(() => {
      isDue = false
      act()
    })
  }
}
