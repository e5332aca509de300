select * from {{ source('feeds', 'feeds') }}
