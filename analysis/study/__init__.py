"""What the files of a study say: ranking, winners, times, evaluation artifacts."""
