// Uses that the types must not let pass: the compiler's error of each is at the end of its line.
import { ask, type Gateway } from './client.js'
import { BookingMoveDocument } from './generated/own/graphql.js'
import { BookingBoardDocument, LocationByIdDocument, ViewerDocument } from './generated/released/graphql.js'

export async function wrong(gateway: Gateway): Promise<unknown> {
  const shop = await ask(gateway, LocationByIdDocument, { id: 'loc_1' })
  shop.data.location.name // TS18047: there may be no such shop
  shop.data.location?.province // TS2339: not selected
  await ask(gateway, LocationByIdDocument) // TS2554: it has variables
  await ask(gateway, ViewerDocument, { id: 'usr_1' }) // TS2322: it has none
  await ask(gateway, LocationByIdDocument, { id: 1 }) // TS2769: an id is text
  await ask(gateway, LocationByIdDocument, { id: 'loc_1', city: 'Rosario' }) // TS2769: no such variable
  await ask(gateway, BookingMoveDocument, { input: { bookingId: 'bkg_1', to: '' } }) // TS2769: no such member

  const { data } = await ask(gateway, BookingBoardDocument)
  const [booking] = data.bookings.nodes
  const startsAt: Date | undefined = booking?.startsAt // TS2322: a DateTime is text
  if (booking?.status === 'LOST') return startsAt // TS2367: no such status

  const moved = await ask(gateway, BookingMoveDocument, { input: { bookingId: 'bkg_1' } })
  const [problem] = moved.data.bookingReschedule.errors
  problem?.until // TS2339: not every failure has it
  return problem?.__typename === 'CustomerErased' // TS2367: it cannot fail so
}
