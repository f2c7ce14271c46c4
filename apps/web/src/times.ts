const CLOCK = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const DAY = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const SHORT = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

export const clock = (time: string): string => CLOCK.format(new Date(time));
export const full = (time: string | number): string => FULL.format(new Date(time));
export const dayKey = (time: string): string => new Date(time).toDateString();

/** Today, yesterday, or a date in words. */
export function dayName(time: string, now = new Date()): string {
  const day = dayKey(time);
  if (day === now.toDateString()) return 'Today';
  const yesterday = new Date(now);
  yesterday.setDate(now.getDate() - 1);
  if (day === yesterday.toDateString()) return 'Yesterday';
  return DAY.format(new Date(time));
}

/** For lists: the hour today, else the date. */
export function brief(time: string): string {
  return dayKey(time) === new Date().toDateString() ? clock(time) : SHORT.format(new Date(time));
}
