// What a screen would do with it. The types say what may be asked, given and answered.
import { ask, listen, type Gateway } from './client.js'
import { BookingMoveDocument } from './generated/own/graphql.js'
import {
  BookingBoardDocument,
  BookingChangedDocument,
  LocationByIdDocument,
  type BookingBoardQueryVariables,
} from './generated/released/graphql.js'

export async function shopName(gateway: Gateway, id: string): Promise<string | undefined> {
  const { data } = await ask(gateway, LocationByIdDocument, { id })
  return data.location?.name
}

/** The customers of the latest bookings, page by page. */
export async function* customers(gateway: Gateway, first: number): AsyncGenerator<string> {
  const page: BookingBoardQueryVariables = { first }
  for (let more = true; more; ) {
    const { data } = await ask(gateway, BookingBoardDocument, page)
    for (const booking of data.bookings.nodes) yield booking.customer.name
    page.after = data.bookings.pageInfo.endCursor
    more = data.bookings.pageInfo.hasNextPage
  }
}

/** The ids of bookings of a shop, each when something happens to it, from now on. */
export async function* changed(gateway: Gateway, locationId: string): AsyncGenerator<string> {
  for await (const { data } of listen(gateway, BookingChangedDocument, { locationId })) {
    yield data.bookingChanged.booking.id
  }
}

/** Move a booking, and say what became of it. */
export async function move(gateway: Gateway, bookingId: string, startsAt: string): Promise<string> {
  const input = { bookingId, startsAt, idempotencyKey: crypto.randomUUID() }
  const { data } = await ask(gateway, BookingMoveDocument, { input })
  const { booking, errors } = data.bookingReschedule
  if (booking) return `${booking.status} ${booking.startsAt}`
  const [problem] = errors
  switch (problem?.__typename) {
    case 'SlotTaken':
      return `taken until ${problem.until}` // only a SlotTaken has `until`
    case 'WrongStatus':
      return `too late: ${problem.fromStatus}`
    default: // a release may add failures, and each has a message
      return problem?.message ?? 'nothing was said'
  }
}
