"""`hypersearch confirm`: the winners and the baselines, judged on the test images."""
