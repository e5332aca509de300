select * from {{ source('feeds', 'deliveries') }}
