"""Input requests: questions to the client during a call, their forms, and the state of the call meanwhile."""
