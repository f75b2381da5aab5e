// What a screen of Relay's would ask: each part states its own needs, and the list grows page by page.
import { graphql } from 'relay-runtime'

graphql`
  fragment shop_booking on Booking { status customer { name } }
`
graphql`
  fragment shop_card on Location @refetchable(queryName: "shopCardQuery") { name isActive }
`
graphql`
  fragment shop_diary on Location
  @refetchable(queryName: "shopDiaryQuery")
  @argumentDefinitions(first: { type: "Int", defaultValue: 2 }, after: { type: "String" }) {
    bookings(first: $first, after: $after, orderBy: { field: STARTS_AT, direction: ASC })
    @connection(key: "shop_bookings") {
      edges { node { id startsAt ...shop_booking } }
    }
  }
`
graphql`
  query shopQuery($id: ID!) { location(id: $id) { ...shop_card ...shop_diary } }
`
graphql`
  mutation shopCancelMutation($input: BookingCancelInput!) {
    bookingCancel(input: $input) {
      booking { ...shop_booking }
      errors { __typename ... on UserError { message } }
    }
  }
`
graphql`
  subscription shopSubscription($at: ID!) {
    bookingChanged(locationId: $at) { change booking { ...shop_booking } }
  }
`
