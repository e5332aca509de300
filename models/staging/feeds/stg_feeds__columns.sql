select * from {{ source('feeds', 'columns') }}
