"""Networks whose codes another search is fitted on."""
