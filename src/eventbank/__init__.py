"""EventBank: raw news articles and Label Studio labels to a versioned dataset of events."""
