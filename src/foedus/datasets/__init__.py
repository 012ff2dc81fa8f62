"""Other people's public data sets: read from the user's own copy, checked, stored, and turned into sourced numbers.

catalog    what is known of each data set: columns, versions, coverage, how to cite it
readers    files as downloaded to tables; checks to tables that can be trusted
store      the user's own store of checked tables
codes      ISO, Correlates of War and Gleditsch-Ward codes, by year
figures    from tables to figures for three states, none dated after the vantage
new        a scenario that starts from such figures
"""
