"""Other GraphQL services that own a part of our graph: how they are asked, and what is done when they do not answer."""
